import { expect, test } from 'vitest';
import { Turns } from '../../src/threads/turns.ts';

const { signal } = new AbortController();

test('turns are given in the order in which they were asked for', async () => {
  const turns = new Turns(1, 10);
  const order: number[] = [];
  const asked = [1, 2, 3, 4].map((number) => turns.take(signal).then(() => order.push(number)));
  for (const turn of asked) {
    await turn;
    turns.release();
  }
  expect(order).toEqual([1, 2, 3, 4]);
});

test('one who leaves gives up the place', async () => {
  const turns = new Turns(1, 1);
  await turns.take(signal);
  const leaving = new AbortController();
  const left = turns.take(leaving.signal);
  leaving.abort('left');
  await expect(left).rejects.toBe('left');
  const next = turns.take(signal);
  turns.release();
  await next;
});

test('a turn that comes as its owner leaves goes to the next', async () => {
  const turns = new Turns(1, 10);
  await turns.take(signal);
  const leaving = new AbortController();
  const left = turns.take(leaving.signal);
  const next = turns.take(signal);
  turns.release();
  leaving.abort('left');
  await expect(left).rejects.toBe('left');
  await next;
});

test('a turn beyond the last place is refused', async () => {
  const turns = new Turns(1, 1);
  await turns.take(signal);
  const waiting = turns.take(signal);
  await expect(turns.take(signal)).rejects.toMatchObject({ code: 'BUSY', retryable: true });
  turns.release();
  await waiting;
});
