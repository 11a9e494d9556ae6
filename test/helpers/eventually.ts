import { vi } from 'vitest';

/** Far above what any machine needs: it bounds a test that is going to fail. */
const TIMEOUT_MS = 15_000;

/** Waits until the assertion holds. @throws what it threw last, where it never does */
export function eventually<T>(assertion: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(assertion, { timeout: TIMEOUT_MS, interval: 10 });
}
