import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Timing } from '../../../src/gather/monitoring/timing.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test("phases that follow each other have their own time, and what is between them is nobody's", () => {
  const timing = new Timing(performance.now());
  const endParse = timing.begin('parse');
  vi.advanceTimersByTime(2);
  endParse();
  vi.advanceTimersByTime(10);
  const endValidate = timing.begin('validate');
  vi.advanceTimersByTime(3);
  endValidate();
  expect(timing.phases).toEqual({ parse: 2, validate: 3, context: 0, execute: 0 });
  expect(timing.elapsed).toBe(15);
});

test('the time of a phase inside another is counted once', () => {
  const timing = new Timing(performance.now());
  timing.begin('parse')();
  const endExecute = timing.begin('execute');
  vi.advanceTimersByTime(10);
  for (const ms of [5, 6]) {
    const endContext = timing.begin('context');
    vi.advanceTimersByTime(ms);
    endContext();
  }
  vi.advanceTimersByTime(100);
  endExecute();
  expect(timing.phases).toEqual({ parse: 0, validate: 0, context: 11, execute: 110 });
  expect(timing.elapsed).toBe(121);
});
