import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort, untilAborted } from '../../src/gather/abort.ts';

const REASON = new Error('Nobody waits any more.');

test('all callbacks of a signal share one listener, and get its reason in their order', () => {
  const controller = new AbortController();
  const called: unknown[] = [];
  for (const name of ['a', 'b', 'c']) onAbort(controller.signal, (reason) => called.push(name, reason));
  expect(getEventListeners(controller.signal, 'abort')).toHaveLength(1);
  controller.abort(REASON);
  expect(called).toEqual(['a', REASON, 'b', REASON, 'c', REASON]);
});

test('one that stopped listening is not called, also if another one stops it meanwhile', () => {
  const controller = new AbortController();
  const called: string[] = [];
  const stopFirst = onAbort(controller.signal, () => called.push('first'));
  onAbort(controller.signal, () => stopLast());
  const stopLast = onAbort(controller.signal, () => called.push('last'));
  expect(stopFirst()).toBe(true);
  controller.abort(REASON);
  expect(called).toEqual([]);
  expect(stopFirst()).toBe(false);
});

test('one that comes too late is called at once', () => {
  const called: unknown[] = [];
  const stop = onAbort(AbortSignal.abort(REASON), (reason) => called.push(reason));
  expect(called).toEqual([REASON]);
  expect(stop()).toBe(false);
});

test('a promise settles like its source, or ends with the signal, whichever comes first', async () => {
  const { signal } = new AbortController();
  await expect(untilAborted(signal, Promise.resolve(1))).resolves.toBe(1);
  await expect(untilAborted(signal, Promise.reject(REASON))).rejects.toBe(REASON);

  const controller = new AbortController();
  const { promise, reject } = Promise.withResolvers<never>();
  const ended = untilAborted(controller.signal, promise);
  controller.abort(REASON);
  await expect(ended).rejects.toBe(REASON);
  // Nobody sees it, and it does not end the process.
  reject(new Error('too late'));
});
