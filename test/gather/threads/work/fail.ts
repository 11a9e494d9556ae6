import { defineWork } from '../../../../src/gather/threads/work.ts';

/** Fails: by throwing, by giving what cannot be copied, or by ending its thread. */
export default defineWork(import.meta.url, (how: 'throw' | 'function' | 'exit'): unknown => {
  if (how === 'throw') throw new RangeError('Too hot.');
  if (how === 'exit') process.exit(3);
  return () => {};
});
