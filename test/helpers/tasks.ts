import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { raw } from '../../src/gather/database/database.ts';
import { defineTask, type RunnableTask, type TaskContext } from '../../src/gather/jobs/task.ts';

/** How long each attempt of a job takes, in milliseconds: the first, the second and so on. Those left out take none. */
export interface NapInput {
  /** By which the attempts are found again. */
  key: string;
  napsMs: number[];
}

const input = z.object({ key: z.string(), napsMs: z.array(z.number()) });
const options = { input, attempts: 3, backoffSeconds: 1, timeoutMs: 60_000, concurrency: 4 };

/** Sleeps, notes that it ran, and gives the number of the attempt. */
export const nap = defineTask({ ...options, name: 'nap', run: (given, context) => doze(given, context, true) });

/** A nap with a single attempt. */
export const onlyNap = defineTask({ ...nap, name: 'onlyNap', attempts: 1 });

/** A nap that no signal ends. */
export const deafNap = defineTask({
  ...options,
  name: 'deafNap',
  run: (given, context) => doze(given, context, false),
});

/** Tasks for workers in processes of their own. Their database needs {@link ATTEMPTS}. */
export const napTasks: readonly RunnableTask[] = [nap, onlyNap, deafNap];

/** A table in which each attempt that was begun is noted. */
export const ATTEMPTS =
  'create table "testAttempt" (id bigint generated always as identity, key text, attempt integer)';

async function doze({ key, napsMs }: NapInput, { database, attempt, signal }: TaskContext, isListening: boolean) {
  const note = raw('insert into "testAttempt" (key, attempt) values ($1, $2)', [key, attempt]);
  await database.run(note, { name: 'testAttempt' });
  await sleep(napsMs[attempt - 1] ?? 0, undefined, isListening ? { signal } : {});
  return attempt;
}
