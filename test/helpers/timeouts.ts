import { vi } from 'vitest';

/**
 * Timeouts that this process sets do not pass, until it is disposed of: what waits for something for a time waits for
 * it alone, however slow the machine is. `vi.advanceTimersByTime` lets them pass.
 */
export function holdTimeouts(): Disposable {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  return { [Symbol.dispose]: () => void vi.useRealTimers() };
}
