import { afterAll, beforeAll } from 'vitest';

/**
 * Collects unhandled rejections instead of failing the run: graphql-js, to which ours is compared, leaves some. Call it in a
 * test file.
 * @returns takes those since it was last called
 */
export function collectUnhandledRejections(): () => Promise<unknown[]> {
  let reasons: unknown[] = [];
  const collect = (reason: unknown) => reasons.push(reason);
  let others: NodeJS.UnhandledRejectionListener[] = [];
  beforeAll(() => {
    others = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', collect);
  });
  afterAll(() => {
    process.off('unhandledRejection', collect);
    for (const other of others) process.on('unhandledRejection', other);
  });
  return async () => {
    await turns(2);
    const taken = reasons;
    reasons = [];
    return taken;
  };
}

/** Waits for some turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((done) => setImmediate(done));
}
