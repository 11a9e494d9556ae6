import { untilAborted } from '../abort.ts';
import type { Json } from '../database/column-types.ts';
import { Attempt, type AttemptSource, type Delivered, type Outcome } from './attempt.ts';
import { AttemptSignal, LOST, STOPPING } from './attempt-signal.ts';
import type { JobNotifications } from './job-notifications.ts';
import { Progress } from './progress.ts';
import type { RunnableTask, TaskContext } from './task.ts';

/** The dependencies of a job's run. */
export interface JobEnvironment extends AttemptSource {
  notifications: JobNotifications;
  /** The rest of the task's context, bound to the signal. */
  toContext(signal: AbortSignal): Omit<TaskContext, 'signal' | 'progress' | 'log' | 'attempt'>;
}

/** Runs one attempt of a job and writes its outcome. */
export async function runJob(task: RunnableTask, delivered: Delivered, environment: JobEnvironment): Promise<Outcome> {
  const attempt = new Attempt(delivered, environment, task.name);
  const input = await attempt.begin();
  if (input === undefined) return 'completed';
  const { notifications, stopping } = environment;
  using attemptSignal = new AttemptSignal(attempt, {
    notifications,
    stopping,
    timeoutMs: task.timeoutMs,
  });
  const { signal } = attemptSignal;
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
    if (reason === STOPPING) return attempt.requeue();
    return attempt.fail(reason);
  }
  await progress.end();
  // The work is done: neither the timeout nor a cancellation fails it from now on.
  attemptSignal[Symbol.dispose]();
  return attempt.succeed(result).catch((error: unknown) => attempt.fail(error));
}
