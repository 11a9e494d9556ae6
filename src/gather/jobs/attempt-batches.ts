import type { Json } from '../database/column-types.ts';
import type { Database } from '../database/database.ts';
import { createTurns } from '../loaders/turns.ts';
import {
  type AttemptEnd,
  type AttemptKey,
  beginAttempts,
  endAttempts,
  presentAttempts,
  type WrittenAttempt,
} from './attempt-rows.ts';

/**
 * Writes the beginnings and the ends of a worker's attempts: those of the same few milliseconds in one statement. It leaves
 * out an attempt whose row is locked, that has lost its job, or that fails with others. The caller writes such an attempt in
 * a statement of its own.
 */
export class AttemptBatches {
  readonly #begin;
  readonly #end;
  readonly #present;

  /** @param database whose signal does not abort with a job */
  constructor(database: Database) {
    this.#begin = createTurns(async (attempts: readonly AttemptKey[]) => {
      const begun = toMap(await beginAttempts(database, attempts).catch(() => []));
      return attempts.map((attempt) => begun.get(toText(attempt)));
    });
    this.#end = createTurns(async (ends: readonly AttemptEnd[]) => {
      const ended = toMap(await endAttempts(database, ends).catch(() => []));
      return ends.map((end) => ended.has(toText(end)));
    });
    this.#present = createTurns(async (attempts: readonly AttemptKey[]) => {
      const present = toMap(await presentAttempts(database, attempts));
      return attempts.map((attempt) => present.has(toText(attempt)));
    });
  }

  /** Marks the job as running. @returns its input; undefined if the attempt was left out */
  async begin(attempt: AttemptKey): Promise<{ input: Json } | undefined> {
    return this.#begin.load(attempt);
  }

  /** Writes what the attempt has come to. @returns false if it was left out */
  async end(end: AttemptEnd): Promise<boolean> {
    return this.#end.load(end);
  }

  /** Whether the job still belongs to the attempt. @throws GatherError */
  async isPresent(attempt: AttemptKey): Promise<boolean> {
    return this.#present.load(attempt);
  }
}

function toMap<Attempt extends WrittenAttempt>(attempts: readonly Attempt[]): ReadonlyMap<string, Attempt> {
  return new Map(attempts.map((attempt) => [toText(attempt), attempt]));
}

function toText({ deliveryId, number }: WrittenAttempt): string {
  return `${deliveryId} ${number}`;
}
