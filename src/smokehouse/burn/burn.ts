import { defineWork } from 'gather';

/** Burns CPU for a number of seconds. Returns the seconds elapsed. */
export default defineWork(import.meta.url, ({ seconds }: { seconds: number }): number => {
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < seconds) elapsed = (performance.now() - start) / 1000;
  return elapsed;
});
