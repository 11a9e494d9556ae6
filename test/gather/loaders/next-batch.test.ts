import { expect, test } from 'vitest';
import { NextBatch } from '../../../src/gather/loaders/next-batch.ts';

test('what waits for a batch whose error cannot be kept is rejected', async () => {
  const full = new Error('There is no room for the error.');
  const next = new NextBatch<string>({
    name: 'books',
    batch: { loader: 'books' },
    schedule: (_, dispatch) => void setImmediate(dispatch),
    load: () => Promise.reject(new Error('The books cannot be read.')),
    fail: () => {
      throw full;
    },
  });
  await expect(next.add('1')).rejects.toBe(full);
});
