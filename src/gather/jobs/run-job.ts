import { untilAborted } from '../calls.ts';
import type { Json } from '../database/column-types.ts';
import { Attempt, type AttemptSource, type Delivered, type Outcome } from './attempt.ts';
import { AttemptSignal, LOST, STOPPING } from './attempt-signal.ts';
import type { JobNotifications } from './job-notifications.ts';
import { Progress } from './progress.ts';
import type { RunnableTask, TaskContext } from './task.ts';

/** What a worker gives to each of its jobs. */
export interface JobEnvironment extends AttemptSource {
  hints: JobNotifications;
  /** Everything else that a task is handed, for as long as the signal does not abort. */
  toContext(signal: AbortSignal): Omit<TaskContext, 'signal' | 'progress' | 'log' | 'attempt'>;
}

/** Runs one attempt of a job and writes its outcome. */
export async function runJob(task: RunnableTask, delivered: Delivered, environment: JobEnvironment): Promise<Outcome> {
  const attempt = new Attempt(delivered, environment, task.name);
  const input = await attempt.begin();
  if (input === undefined) return 'completed';
  const { hints, stopping } = environment;
  using limits = new AttemptSignal(attempt, { hints, lost: delivered.signal, stopping, timeoutMs: task.timeoutMs });
  const { signal } = limits;
  const progress = new Progress(({ fraction, message }) => attempt.write({ progress: fraction, message }));
  const context: TaskContext = {
    ...environment.toContext(signal),
    signal,
    progress: (fraction, message) => progress.report(fraction, message ?? null),
    log: attempt.log,
    attempt: attempt.number,
  };
  let result: Json;
  try {
    signal.throwIfAborted();
    result = await untilAborted(signal, task.perform(input, context));
  } catch (error) {
    await progress.end();
    const reason: unknown = signal.aborted ? signal.reason : error;
    if (reason === LOST) return attempt.abandon();
    if (reason === STOPPING) return attempt.giveBack();
    return attempt.fail(reason);
  }
  await progress.end();
  // It has done its work: no limit that it reaches from now on makes it fail.
  limits[Symbol.dispose]();
  return attempt.succeed(result).catch((error: unknown) => attempt.fail(error));
}
