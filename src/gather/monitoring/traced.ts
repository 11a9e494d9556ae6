import type { Channel } from 'node:diagnostics_channel';

/** Runs `work` as what the event begins, and calls `onEnd` when it has ended: with its promise, if it returns one. */
export function traced<Event, T>(start: Channel<Event, Event>, event: Event, work: () => T, onEnd: () => void): T {
  let isAsync = false;
  try {
    const result = start.runStores(event, work);
    isAsync = result instanceof Promise;
    if (isAsync) (result as Promise<unknown>).then(onEnd, onEnd);
    return result;
  } finally {
    if (!isAsync) onEnd();
  }
}
