import type {
  ExecutionResult,
  GraphQLError,
  LegacyInitialIncrementalExecutionResult,
  LegacySubsequentIncrementalExecutionResult,
} from 'graphql';
import type { Event, Format } from './format.ts';
import { Fragment, type Stream } from './work.ts';

type Later = LegacySubsequentIncrementalExecutionResult;
type Incremental = NonNullable<Later['incremental']>[number];

/** Parts that say their path and label each, without announcement. */
export class FormatOf2022 implements Format<LegacyInitialIncrementalExecutionResult, Later> {
  first(result: ExecutionResult): LegacyInitialIncrementalExecutionResult {
    return { ...result, data: result.data ?? {}, hasNext: true };
  }

  later(events: readonly Event[], hasNext: boolean): Later {
    const incremental = events.flatMap(toIncremental);
    return { hasNext, ...(incremental.length > 0 && { incremental }) };
  }
}

function toIncremental(event: Event): Incremental[] {
  if (event.kind === 'data') {
    const { fragment, tasks } = event;
    return tasks.map(({ answer, path, errors }) => toEntry({ data: answer, path }, fragment, errors));
  }
  if (event.kind === 'elements') {
    const { stream, elements, errors, first } = event;
    return [toEntry({ items: elements, path: [...stream.path, first] }, stream, errors)];
  }
  if (event.kind === 'announced' || !event.error) return [];
  const { ended, error } = event;
  const nothing = ended instanceof Fragment ? { data: null } : { items: null };
  return [toEntry({ ...nothing, path: ended.path }, ended, [error])];
}

function toEntry(entry: object, of: Fragment | Stream, errors: readonly GraphQLError[]): Incremental {
  const label = of instanceof Fragment ? of.label : of.usage.label;
  return {
    ...entry,
    ...(errors.length > 0 && { errors }),
    ...(label !== undefined && { label }),
  } as Incremental;
}
