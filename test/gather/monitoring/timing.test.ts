import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { inPhase } from '../../../src/gather/monitoring/phase.ts';
import { Timing } from '../../../src/gather/monitoring/timing.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

test("phases that follow each other have their own time, and what is between them is nobody's", async () => {
  const timing = new Timing(performance.now());
  expect(inPhase('parse', timing, () => after(2))).toBe('after 2');
  after(10);
  expect(() =>
    inPhase('validate', timing, () => {
      after(3);
      throw new Error('invalid');
    }),
  ).toThrow('invalid');
  expect(await inPhase('context', timing, async () => Promise.resolve().then(() => after(4)))).toBe('after 4');
  const failing = inPhase('execute', timing, async () => Promise.reject(new Error(after(5))));
  await expect(failing).rejects.toThrow('after 5');
  expect(timing.phases).toEqual({ parse: 2, validate: 3, context: 4, execute: 5 });
  expect(timing.elapsed).toBe(24);
});

function after(ms: number): string {
  vi.advanceTimersByTime(ms);
  return `after ${ms}`;
}
