import { defineWork } from 'gather';

/** Burns CPU for so many seconds. Gives how many passed. */
export default defineWork(import.meta.url, ({ seconds }: { seconds: number }): number => {
  const start = performance.now();
  let elapsed = 0;
  while (elapsed < seconds) elapsed = (performance.now() - start) / 1000;
  return elapsed;
});
