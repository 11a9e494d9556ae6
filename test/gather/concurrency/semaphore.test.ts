import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Semaphore } from '../../../src/gather/concurrency/semaphore.ts';

const { signal } = new AbortController();
const toError = () => new Error('busy');

/** Has callers with these keys wait, and releases what they get one after another. @returns in which order they were served */
async function serve(semaphore: Semaphore, keys: readonly (string | undefined)[]): Promise<string[]> {
  const order: string[] = [];
  await Promise.all(
    keys.map(async (key) => {
      using _permit = await semaphore.acquire(signal, key);
      order.push(`${key}`);
      await Promise.resolve();
    }),
  );
  return order;
}

/** Whether it is settled by the time everything that can happen at once has happened. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  await new Promise(setImmediate);
  return settled;
}

test('permits are given in the order in which they were asked for', async () => {
  const semaphore = new Semaphore({ size: 1, toError });
  const order: number[] = [];
  const asked = [1, 2, 3, 4].map(async (number) => {
    using _permit = await semaphore.acquire(signal);
    order.push(number);
  });
  await Promise.all(asked);
  expect(order).toEqual([1, 2, 3, 4]);
});

test('keys are served round-robin', async () => {
  const semaphore = new Semaphore({ size: 1, toError });
  expect(await serve(semaphore, ['a', 'a', 'a', 'a', 'b', 'b', 'c'])).toEqual(['a', 'a', 'b', 'c', 'a', 'b', 'a']);
});

test.each([
  ['of one key', ['a', 'a', 'a', 'a']],
  ['of several keys', ['a', 'b', 'c', 'd']],
  ['without a key', [undefined, undefined, undefined, undefined]],
])('what began first is served first: %s', async (_, [held, ...keys]) => {
  const semaphore = new Semaphore({ size: 1, toError });
  const permit = await semaphore.acquire(signal, held);
  const now = performance.now();
  const order: number[] = [];
  const asked = [now - 10, now - 30, now - 20].map(async (since, index) => {
    using _permit = await semaphore.acquire(signal, keys[index], since);
    order.push(since - now);
  });
  permit.release();
  await Promise.all(asked);
  expect(order).toEqual([-30, -20, -10].map((ms) => expect.closeTo(ms)));
});

test('a key that is served goes behind those that wait, however early it began', async () => {
  const semaphore = new Semaphore({ size: 1, toError });
  const permit = await semaphore.acquire(signal, 'a');
  const order: string[] = [];
  const ask = async (key: string, since?: number) => {
    using _permit = await semaphore.acquire(signal, key, since);
    order.push(key);
  };
  const early = performance.now() - 50;
  const asked = [ask('b'), ask('a', early), ask('a', early), ask('a', early), ask('c')];
  permit.release();
  await Promise.all(asked);
  expect(order).toEqual(['a', 'b', 'c', 'a', 'a']);
});

test('… also if none of its other callers waits at that time', async () => {
  const semaphore = new Semaphore({ size: 2, toError });
  const order: string[] = [];
  const early = performance.now() - 50;
  const [one, another] = [await semaphore.acquire(signal, 'x'), await semaphore.acquire(signal, 'x')];
  const first = semaphore.acquire(signal, 'a', early);
  one.release();
  const permit = await first;
  const ask = async (key: string, since?: number) => {
    using _permit = await semaphore.acquire(signal, key, since);
    order.push(key);
  };
  const asked = [ask('b', performance.now() - 10), ask('a', early)];
  another.release();
  await Promise.all(asked);
  expect(order).toEqual(['b', 'a']);
  permit.release();
});

test('who has waited for more than a second is passed by nobody who began a long time ago', async () => {
  const semaphore = new Semaphore({ size: 1, toError });
  const permit = await semaphore.acquire(signal);
  const order: string[] = [];
  const ask = async (name: string, since?: number) => {
    using _permit = await semaphore.acquire(signal, undefined, since);
    order.push(name);
  };
  const patient = ask('patient');
  await sleep(1010);
  const asked = [patient, ask('late'), ask('old', 0)];
  permit.release();
  await Promise.all(asked);
  expect(order).toEqual(['patient', 'old', 'late']);
});

test('a key holds its part at most, also where the rest is free, and others take the rest at once', async () => {
  const semaphore = new Semaphore({ size: 4, perKey: 2, toError });
  const first = await semaphore.acquire(signal, 'a');
  await semaphore.acquire(signal, 'a');
  const third = Promise.resolve(semaphore.acquire(signal, 'a'));
  expect(await isSettled(third)).toBe(false);
  await semaphore.acquire(signal, 'b');
  await semaphore.acquire(signal, 'c');
  expect(semaphore.waiting).toBe(1);
  first.release();
  await third;
});

test('what is released again is released once', async () => {
  const semaphore = new Semaphore({ size: 1, toError });
  const permit = await semaphore.acquire(signal);
  permit.release();
  permit.release();
  await semaphore.acquire(signal);
  expect(await isSettled(Promise.resolve(semaphore.acquire(signal)))).toBe(false);
});

test('one who leaves gives up the place', async () => {
  const semaphore = new Semaphore({ size: 1, maxWaiting: 1, toError });
  const permit = await semaphore.acquire(signal);
  const leaving = new AbortController();
  const left = semaphore.acquire(leaving.signal);
  leaving.abort('left');
  await expect(left).rejects.toBe('left');
  const next = semaphore.acquire(signal);
  permit.release();
  await next;
});

test('a permit that comes as its owner leaves goes to the next', async () => {
  const semaphore = new Semaphore({ size: 1, toError });
  const permit = await semaphore.acquire(signal);
  const leaving = new AbortController();
  const left = semaphore.acquire(leaving.signal);
  const next = semaphore.acquire(signal);
  permit.release();
  leaving.abort('left');
  await expect(left).rejects.toBe('left');
  await next;
});

test('one who waits for too long, or is one too many, gets the error', async () => {
  const semaphore = new Semaphore({ size: 1, maxWaiting: 1, timeoutMs: 20, toError });
  const permit = await semaphore.acquire(signal);
  const waiting = semaphore.acquire(signal);
  await expect(semaphore.acquire(signal)).rejects.toThrow('busy');
  await expect(waiting).rejects.toThrow('busy');
  expect(semaphore.waiting).toBe(0);
  permit.release();
  await semaphore.acquire(signal);
});

test('one who has left already gets nothing', async () => {
  const semaphore = new Semaphore({ size: 1, toError });
  await expect(async () => semaphore.acquire(AbortSignal.abort('left'))).rejects.toBe('left');
  await semaphore.acquire(signal);
});
