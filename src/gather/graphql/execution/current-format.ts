import type {
  ExecutionResult,
  GraphQLError,
  InitialIncrementalExecutionResult,
  SubsequentIncrementalExecutionResult,
} from 'graphql';
import type { Event, Format } from './format.ts';
import { Fragment, type Stream, type Task } from './work.ts';

type Later = SubsequentIncrementalExecutionResult;
type Pending = NonNullable<Later['pending']>[number];
type Incremental = NonNullable<Later['incremental']>[number];
type Completed = NonNullable<Later['completed']>[number];

/** Parts with `pending`, `incremental` and `completed`. */
export class CurrentFormat implements Format<InitialIncrementalExecutionResult, Later> {
  readonly #ids = new Map<Fragment | Stream, string>();
  #lastId = -1;

  first(
    result: ExecutionResult,
    fragments: readonly Fragment[],
    streams: readonly Stream[],
  ): InitialIncrementalExecutionResult {
    const pending = [...fragments, ...streams].map((it) => this.#announce(it));
    return { ...result, data: result.data ?? {}, pending, hasNext: true };
  }

  later(events: readonly Event[], hasNext: boolean): Later {
    const pending: Pending[] = [];
    const incremental: Incremental[] = [];
    const completed: Completed[] = [];
    for (const event of events) {
      if (event.kind === 'announced') {
        for (const it of [...event.fragments, ...event.streams]) pending.push(this.#announce(it));
      } else if (event.kind === 'data') {
        for (const task of event.tasks) incremental.push(this.#toData(event.fragment, task));
      } else if (event.kind === 'elements') {
        const { stream, elements, errors } = event;
        incremental.push({ id: this.#idOf(stream), items: elements, ...withErrors(errors) } as Incremental);
      } else {
        completed.push({ id: this.#idOf(event.ended), ...(event.error && { errors: [event.error] }) });
        this.#ids.delete(event.ended);
      }
    }
    return {
      hasNext,
      ...(pending.length > 0 && { pending }),
      ...(incremental.length > 0 && { incremental }),
      ...(completed.length > 0 && { completed }),
    };
  }

  #announce(it: Fragment | Stream): Pending {
    const id = String(++this.#lastId);
    this.#ids.set(it, id);
    const label = it instanceof Fragment ? it.label : it.usage.label;
    return { id, path: it.path, ...(label !== undefined && { label }) };
  }

  /** Refers to the fragment that is nearest to the data, among those that the client knows of. */
  #toData(fragment: Fragment, task: Task): Incremental {
    let nearest = fragment;
    let depth = fragment.path.length;
    for (const other of task.fragments) {
      if (!this.#ids.has(other) || other.path.length <= depth) continue;
      nearest = other;
      depth = other.path.length;
    }
    const subPath = task.path.slice(depth);
    return {
      id: this.#idOf(nearest),
      data: task.answer,
      ...withErrors(task.errors),
      ...(subPath.length > 0 && { subPath }),
    } as Incremental;
  }

  #idOf(it: Fragment | Stream): string {
    return this.#ids.get(it) as string;
  }
}

function withErrors(errors: readonly GraphQLError[]): { errors?: readonly GraphQLError[] } {
  return errors.length > 0 ? { errors } : {};
}
