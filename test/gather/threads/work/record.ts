import { defineWork } from '../../../../src/gather/threads/work.ts';

/** Where threads write down what they do: how many run, the most that ran, how many began, and then who, in order. */
const [RUNNING, MOST, BEGUN, FIRST] = [0, 1, 2, 3];

interface Recorded {
  record: Int32Array;
  id: number;
  ms: number;
  /** Waits until so many have begun, for five seconds at most. */
  until?: number;
}

/** Keeps its thread busy for a while. */
export default defineWork(import.meta.url, ({ record, id, ms, until = 1 }: Recorded): number => {
  const running = Atomics.add(record, RUNNING, 1) + 1;
  record[MOST] = Math.max(record[MOST] ?? 0, running);
  record[FIRST + Atomics.add(record, BEGUN, 1)] = id;
  const start = performance.now();
  while (performance.now() - start < 5000 && Atomics.load(record, BEGUN) < until);
  const begun = performance.now();
  while (performance.now() - begun < ms);
  Atomics.sub(record, RUNNING, 1);
  return id;
});
