import { pbkdf2Sync } from 'node:crypto';
import { defineWork } from '../../../../src/gather/threads/work.ts';

/** Is inside one native function for a second or so, which nothing can interrupt. Counts when it begins. */
export default defineWork(import.meta.url, (count: Int32Array): void => {
  Atomics.add(count, 0, 1);
  pbkdf2Sync('password', 'salt', 1_500_000, 64, 'sha512');
});
