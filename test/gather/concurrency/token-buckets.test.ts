import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TokenBuckets } from '../../../src/gather/concurrency/token-buckets.ts';

const FULL = 100;
const PER_SECOND = 10;

let buckets: TokenBuckets;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  buckets = new TokenBuckets({ costBucket: FULL, costRestoredPerSecond: PER_SECOND });
});
afterEach(() => void vi.useRealTimers());

test('a bucket fills up with time, and never above the brim', () => {
  const bucket = buckets.of('a');
  expect(bucket.take(90)).toBe(true);
  expect(bucket.available).toBe(10);
  vi.advanceTimersByTime(2500);
  expect(bucket.available).toBe(35);
  vi.advanceTimersByTime(3_600_000);
  expect(bucket.available).toBe(FULL);
  bucket.giveBack(1);
  expect(bucket.available).toBe(FULL);
});

test('nothing is taken where there is not enough, and it is said when there is', () => {
  const bucket = buckets.of('a');
  bucket.take(90);
  expect(bucket.take(45)).toBe(false);
  expect(bucket.available).toBe(10);
  expect(bucket.secondsUntil(45)).toBe(4);
  vi.advanceTimersByTime(4000);
  expect(bucket.take(45)).toBe(true);
});

test('what costs nothing can always be paid', () => {
  const bucket = buckets.of('a');
  bucket.take(FULL);
  bucket.giveBack(-1);
  expect(bucket.take(1)).toBe(false);
  expect(bucket.take(0)).toBe(true);
  expect(bucket.available).toBe(-1);
});

test('no more is owed than a bucket has', () => {
  const bucket = buckets.of('a');
  bucket.take(FULL);
  bucket.giveBack(-50 * FULL);
  expect(bucket.available).toBe(-FULL);
  expect(bucket.secondsUntil(10)).toBe(11);
});

test('what cost more than it had seemed is owed', () => {
  const bucket = buckets.of('a');
  bucket.take(10);
  bucket.giveBack(-150);
  expect(bucket.available).toBe(-60);
  expect(bucket.secondsUntil(10)).toBe(7);
});

test('there is a bucket for each viewer, and those that came last are kept', () => {
  buckets.of('first').take(FULL);
  buckets.of('lasting').take(FULL);
  for (let index = 0; index < 10_000; index++) {
    buckets.of(`other ${index}`);
    expect(buckets.of('lasting').available).toBe(0);
  }
  expect(buckets.of('first').available).toBe(FULL);
});

test('what is taken and returned is told, and can be taken from the buckets of another process', () => {
  const told: [string, number][] = [];
  const ours = new TokenBuckets({ costBucket: FULL, costRestoredPerSecond: PER_SECOND }, (...it) => told.push(it));
  ours.of('a').take(70);
  ours.of('a').giveBack(20);
  ours.of('b').giveBack(5);
  expect(told).toEqual([
    ['a', 70],
    ['a', -20],
    ['b', 0],
  ]);
  expect(ours.missing()).toEqual([['a', 50]]);
  for (const [key, points] of told) buckets.of(key).owe(points);
  expect(buckets.of('a').available).toBe(50);
  expect(buckets.of('b').available).toBe(FULL);
});

test('what processes have spent together is owed in full, and restored from there', () => {
  const bucket = buckets.of('a');
  bucket.take(FULL);
  bucket.owe(3 * FULL);
  expect(bucket.available).toBe(-3 * FULL);
  bucket.giveBack(-10);
  expect(bucket.available).toBe(-3 * FULL);
  bucket.giveBack(10);
  vi.advanceTimersByTime(1000);
  expect(bucket.available).toBe(-3 * FULL + 20);
});
