import type {
  ExecutionResult,
  ExperimentalIncrementalExecutionResults,
  GraphQLError,
  SubsequentIncrementalExecutionResult,
} from 'graphql';

type Path = readonly (string | number)[];
type Container = Record<string | number, unknown>;

/** What a client makes of a result, in one or in many parts. */
export interface Whole {
  data: unknown;
  errors: readonly GraphQLError[];
  /** Fragments and streams that ended with an error. */
  failures: readonly { path: string; label: string | undefined; errors: readonly GraphQLError[] }[];
  parts: number;
}

/** @throws if the parts break a rule of their format */
export async function reassemble(result: ExecutionResult | ExperimentalIncrementalExecutionResults): Promise<Whole> {
  if (!('initialResult' in result)) {
    const { data, errors = [] } = result;
    return { data, errors, failures: [], parts: 1 };
  }
  const client = new Client(result.initialResult);
  for await (const part of result.subsequentResults) client.add(part);
  return client.toWhole();
}

class Client {
  readonly #data: unknown;
  readonly #errors: GraphQLError[];
  readonly #failures: Whole['failures'][number][] = [];
  readonly #pending = new Map<string, { path: Path; label?: string }>();
  #hasNext = true;
  #parts = 1;

  constructor({ data, errors = [], pending, hasNext }: ExperimentalIncrementalExecutionResults['initialResult']) {
    if (!hasNext) throw new Error('The first of several parts says that it is the last.');
    this.#data = data;
    this.#errors = [...errors];
    this.#announce(pending);
    this.#checkTargets(pending);
  }

  add({ pending = [], incremental = [], completed = [], hasNext }: SubsequentIncrementalExecutionResult): void {
    if (!this.#hasNext) throw new Error('A part came after the last.');
    this.#hasNext = hasNext;
    this.#parts++;
    this.#announce(pending);
    for (const entry of incremental) {
      const { path } = this.#find(entry.id);
      this.#errors.push(...(entry.errors ?? []));
      if ('items' in entry) (this.#at(path) as unknown[]).push(...(entry.items ?? []));
      else merge(this.#at([...path, ...(entry.subPath ?? [])]) as Container, entry.data as Container);
    }
    this.#checkTargets(pending);
    for (const { id, errors } of completed) {
      const { path, label } = this.#find(id);
      if (errors) this.#failures.push({ path: path.join('.'), label, errors });
      this.#pending.delete(id);
    }
  }

  toWhole(): Whole {
    if (this.#hasNext || this.#pending.size > 0) throw new Error('The response ends before its last part.');
    return { data: this.#data, errors: this.#errors, failures: this.#failures, parts: this.#parts };
  }

  #announce(pending: readonly { id: string; path: Path; label?: string }[]): void {
    for (const { id, path, label } of pending) {
      if (this.#pending.has(id)) throw new Error(`Announced twice: ${id}`);
      this.#pending.set(id, { path, ...(label !== undefined && { label }) });
    }
  }

  /** They may be in the same part. */
  #checkTargets(pending: readonly { path: Path }[]): void {
    for (const { path } of pending) {
      const target = this.#at(path);
      if (typeof target !== 'object' || target === null) throw new Error(`Announced at nothing: ${path.join('.')}`);
    }
  }

  #find(id: string): { path: Path; label?: string } {
    const pending = this.#pending.get(id);
    if (!pending) throw new Error(`Not announced, or over: ${id}`);
    return pending;
  }

  #at(path: Path): unknown {
    return path.reduce<unknown>((at, key) => (at as Container | null)?.[key], this.#data);
  }
}

function merge(into: Container, data: Container): void {
  for (const [key, value] of Object.entries(data)) {
    if (key in into) throw new Error(`Delivered twice: ${key}`);
    into[key] = value;
  }
}
