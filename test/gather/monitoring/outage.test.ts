import pino from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GatherError } from '../../../src/gather/errors.ts';
import { Outage } from '../../../src/gather/monitoring/outage.ts';

const SOURCE = { source: 'ratings' };

let lines: Record<string, unknown>[];
let outage: Outage;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  lines = [];
  outage = new Outage(pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) }), 'ratings');
});
afterEach(() => vi.useRealTimers());

function fail(times: number): void {
  for (let count = 0; count < times; count++) {
    outage.failed(new GatherError('UPSTREAM_TIMEOUT', 'No answer for /secret.', { ...SOURCE, reason: 'no answer' }));
    vi.advanceTimersByTime(100);
  }
}

/** Lets time pass, and a call succeed. */
function succeedAfter(ms: number): void {
  vi.advanceTimersByTime(ms);
  outage.answered();
}

test('the first failure is a line, and the success after a second without one another, with what was between', () => {
  fail(50);
  succeedAfter(500);
  expect(lines).toMatchObject([
    { ...SOURCE, msg: 'ratings fails', err: { code: 'UPSTREAM_TIMEOUT', message: 'no answer' } },
  ]);
  succeedAfter(500);
  succeedAfter(500);
  expect(lines.slice(1)).toMatchObject([{ ...SOURCE, msg: 'ratings answers again', failedCalls: 50, downMs: 4900 }]);
  expect(JSON.stringify(lines)).not.toContain('secret');
});

test('a source that fails now and then is not a line for each time', () => {
  for (let second = 0; second < 3600; second++) {
    fail(1);
    succeedAfter(1100);
  }
  // Not 7,200.
  expect(lines.length).toBeLessThan(60);
});

test('a source that is well for a minute is told of anew at once', () => {
  for (let count = 0; count < 3; count++) {
    fail(1);
    succeedAfter(1000);
    vi.advanceTimersByTime(60_000);
  }
  expect(lines).toHaveLength(6);
});
