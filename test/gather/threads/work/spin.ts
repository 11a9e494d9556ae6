import { defineWork } from '../../../../src/gather/threads/work.ts';

/** Counts, and never ends. */
export default defineWork(import.meta.url, (count: Int32Array): void => {
  for (;;) Atomics.add(count, 0, 1);
});
