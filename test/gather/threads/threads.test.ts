import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { createThreads, type Threads } from '../../../src/gather/threads/threads.ts';
import { eventually } from '../../helpers/eventually.ts';
import { watchThreads } from '../../helpers/threads.ts';
import fail from './work/fail.ts';
import hash from './work/hash.ts';
import record from './work/record.ts';
import spin from './work/spin.ts';

const { signal } = new AbortController();
const CANCELLED = expect.objectContaining({ code: 'CANCELLED', retryable: true });

let threads: Threads | undefined;

afterEach(async () => {
  vi.useRealTimers();
  await threads?.close();
});

test('work is run on a thread, and gives what it gives', async () => {
  const { run } = start(1);
  using watched = watchThreads();
  expect(await run(record, { record: shared(), id: 7, ms: 0 }, signal)).toBe(7);
  expect(watched.started).toBe(1);
});

test('no thread is started before there is work, and no second one while the first is free', async () => {
  using watched = watchThreads();
  const { run } = start(2);
  expect(watched.started).toBe(0);
  for (const id of [1, 2, 3]) await run(record, { record: shared(), id, ms: 0 }, signal);
  expect(watched.started).toBe(1);
});

test('a thread without work for ten seconds ends, and another starts for the next', async () => {
  using watched = watchThreads();
  const { run } = start(2);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await run(record, { record: shared(), id: 1, ms: 0 }, signal);
  vi.advanceTimersByTime(9_999);
  expect(watched.alive).toBe(1);
  vi.advanceTimersByTime(1);
  vi.useRealTimers();
  await eventually(() => expect(watched.alive).toBe(0));
  expect(await run(record, { record: shared(), id: 2, ms: 0 }, signal)).toBe(2);
  expect(watched.started).toBe(2);
});

test('as much work is run at a time as there are threads, and no more', async () => {
  const { run } = start(2);
  const seen = shared();
  const asked = [1, 2, 3, 4, 5, 6].map((id) =>
    run(record, { record: seen, id, ms: 30, until: id < 3 ? 2 : 1 }, signal),
  );
  expect(await Promise.all(asked)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(mostOf(seen)).toBe(2);
});

test('with one thread, work is run one at a time, in the order in which it came, whoever leaves', async () => {
  const { run } = start(1);
  const seen = shared();
  const leaving = [new AbortController(), new AbortController()];
  const asked = [1, 2, 3, 4, 5, 6, 7].map((id) =>
    run(record, { record: seen, id, ms: 20 }, leaving[id === 3 ? 0 : id === 5 ? 1 : 2]?.signal ?? signal),
  );
  for (const controller of leaving) controller.abort();
  expect((await Promise.allSettled(asked)).map(({ status }) => status === 'fulfilled')).toEqual(
    [1, 2, 3, 4, 5, 6, 7].map((id) => id !== 3 && id !== 5),
  );
  expect(mostOf(seen)).toBe(1);
  expect(orderOf(seen)).toEqual([1, 2, 4, 6, 7]);
});

test('when its signal aborts, work stops wherever it is, rejects with the reason, and the next begins', async () => {
  const { run } = start(1);
  using watched = watchThreads();
  const leaving = new AbortController();
  const count = shared();
  const reason = new Error('No longer hungry.');
  const spinning = run(spin, count, leaving.signal);
  const next = run(record, { record: shared(), id: 2, ms: 0 }, signal);
  await untilBegun(count);
  leaving.abort(reason);
  await expect(spinning).rejects.toBe(reason);
  expect(await next).toBe(2);
  expect(watched).toMatchObject({ started: 2, alive: 1 });
  const counted = count[0];
  await sleep(50);
  expect(count[0]).toBe(counted);
});

test('work that cannot be interrupted is left at once, and nothing runs beside it until it has ended', async () => {
  const { run } = start(1);
  const count = shared();
  await run(record, { record: shared(), id: 1, ms: 0 }, signal);
  const hashMs = await processorTime(() => run(hash, count, signal));
  const leaving = new AbortController();
  const usage = process.cpuUsage();
  const hashing = run(hash, count, leaving.signal);
  await eventually(() => expect(count[0]).toBe(2));
  const next = run(record, { record: shared(), id: 2, ms: 0 }, signal);
  leaving.abort();
  const first = await Promise.race([hashing.catch(() => 'left'), next.then(() => 'next')]);
  expect(first).toBe('left');
  await next;
  expect(millisecondsOf(process.cpuUsage(usage))).toBeGreaterThan(hashMs / 2);
});

test('work whose signal has aborted already is not begun', async () => {
  const { run } = start(1);
  using watched = watchThreads();
  await expect(run(spin, shared(), AbortSignal.abort('left'))).rejects.toBe('left');
  expect(watched.started).toBe(0);
});

test('an error that work throws arrives with its message and its stack', async () => {
  const { run } = start(1);
  const error = await failureOf(run(fail, 'throw', signal));
  expect(error).toBeInstanceOf(RangeError);
  expect(error.message).toBe('Too hot.');
  expect(error.stack).toMatch(/work\/fail\.ts:5/);
});

test.each([
  ['gives what cannot be copied', 'function', /could not be cloned/],
  ['ends its thread', 'exit', /worker exited with code: 3/],
] as const)('work that %s fails, and the next has another thread', async (_, how, why) => {
  const { run } = start(1);
  const error = await failureOf(run(fail, how, signal));
  expect(error.stack).toMatch(why);
  expect(await run(record, { record: shared(), id: 2, ms: 0 }, signal)).toBe(2);
});

test('a hundred may wait, one more is refused', async () => {
  const { run } = start(1);
  const leaving = new AbortController();
  const asked = Array.from({ length: 101 }, () => run(spin, shared(), leaving.signal));
  const message = 'Every thread is busy, and 100 calls are waiting already. Try again later.';
  await expect(run(spin, shared(), signal)).rejects.toMatchObject({ code: 'BUSY', retryable: true, message });
  leaving.abort('left');
  expect(new Set(await Promise.all(asked.map((one) => one.catch((reason) => reason))))).toEqual(new Set(['left']));
  expect(await run(record, { record: shared(), id: 2, ms: 0 }, signal)).toBe(2);
});

test('closing ends what runs, what waits and what comes later', async () => {
  const { run, close } = start(1);
  using watched = watchThreads();
  const count = shared();
  const asked = [run(spin, count, signal), run(spin, shared(), signal), run(spin, shared(), signal)];
  const settled = Promise.allSettled(asked);
  await untilBegun(count);
  await close();
  expect(watched.alive).toBe(0);
  expect(await settled).toEqual(asked.map(() => ({ status: 'rejected', reason: CANCELLED })));
  await expect(run(spin, shared(), signal)).rejects.toEqual(CANCELLED);
});

test('no listener is left on a signal', async () => {
  const { run } = start(1);
  const { signal } = new AbortController();
  await Promise.all([1, 2, 3].map((id) => run(record, { record: shared(), id, ms: 0 }, signal)));
  await run(fail, 'throw', signal).catch(() => {});
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

function start(size: number): Threads {
  threads = createThreads(size);
  return threads;
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (error) => error,
  );
  expect(error).toBeInstanceOf(Error);
  return error;
}

/** Memory that is not copied from thread to thread. */
function shared(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(64));
}

async function untilBegun(count: Int32Array): Promise<void> {
  await eventually(() => expect(count[0]).toBeGreaterThan(0));
}

function mostOf(seen: Int32Array): number | undefined {
  return seen[1];
}

function orderOf(seen: Int32Array): number[] {
  return [...seen.subarray(3, 3 + (seen[2] ?? 0))];
}

/** The time that processors worked for this process meanwhile: a busy machine does not make it longer. */
async function processorTime(work: () => Promise<unknown>): Promise<number> {
  const usage = process.cpuUsage();
  await work();
  return millisecondsOf(process.cpuUsage(usage));
}

function millisecondsOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}
