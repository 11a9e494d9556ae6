import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeBytes } from '../../../src/gather/files/remove-bytes.ts';
import { createTaskBench, type TaskBench } from '../../helpers/task-bench.ts';

let bench: TaskBench;

beforeAll(async () => {
  bench = await createTaskBench();
});

afterAll(() => bench.close());

test('the bytes under the keys are removed, and no others, however often it is run', async () => {
  const [removed, other, absent] = [randomUUID(), randomUUID(), randomUUID()];
  for (const key of [removed, other]) await bench.put(key, Buffer.from('smoke'));
  const input = { keys: [removed, absent] };
  expect(await removeBytes.run(input, bench.toContext())).toEqual({ removed: 2 });
  expect(await bench.keys()).toEqual([other]);
  expect(await removeBytes.run(input, bench.toContext())).toEqual({ removed: 2 });
  expect(await bench.keys()).toEqual([other]);
});

test('nothing more is removed once the job is not this worker’s any more', async () => {
  const key = randomUUID();
  await bench.put(key, Buffer.from('smoke'));
  const reason = new Error('The worker ends.');
  await expect(removeBytes.run({ keys: [key] }, bench.toContext({ signal: AbortSignal.abort(reason) }))).rejects.toBe(
    reason,
  );
  expect(await bench.keys()).toContain(key);
});

test('what is no key is refused', () => {
  expect(removeBytes.input.safeParse({ keys: ['../../etc/passwd'] }).success).toBe(false);
});
