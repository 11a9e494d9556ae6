import { expect, onTestFinished, test } from 'vitest';
import type { LoaderSource } from '../../../src/gather/loaders/batch.ts';
import { ServiceValues } from '../../../src/gather/loaders/service-values.ts';
import { loads } from '../../../src/gather/monitoring/channels.ts';

const broken = new Error('The values cannot be read.');

/** A service whose values are their keys, but for one that says which batch has read it. A batch with 0 fails. */
function startRequest() {
  /** The keys of each batch. */
  const read: string[][] = [];
  const byText = async (keys: readonly string[]) => {
    read.push([...keys]);
    await new Promise(setImmediate);
    if (keys.includes('0')) throw broken;
    // It answers for a key that was not asked for, too.
    return new Map<string, unknown>([...keys, 'other'].map((key) => [key, key === 'other' ? read.length : key]));
  };
  const source = {
    services: { ratings: { getRatings: { byText } } },
    schedule: (_: unknown, dispatch: () => void) => void setImmediate(dispatch),
  } as unknown as LoaderSource;
  const values = new ServiceValues(source, { service: 'ratings', operation: 'getRatings' });
  const find = async (keys: readonly string[]) => {
    await values.load(keys);
    return keys.map((key) => values.find(key));
  };
  return { find, read };
}

test('what is asked for in one turn is read together, each key once', async () => {
  const { find, read } = startRequest();
  expect(await Promise.all([find(['1', '2', '1']), find(['2', '3'])])).toEqual([
    ['1', '2', '1'],
    ['2', '3'],
  ]);
  expect(read).toEqual([['1', '2', '3']]);
});

test('what was asked for is not read again, and each key has the value of its batch', async () => {
  const { find, read } = startRequest();
  expect(await find(['1'])).toEqual(['1']);
  expect(await find(['1', 'other'])).toEqual(['1', 2]);
  expect(read).toEqual([['1'], ['other']]);
});

test('a batch that fails is the error of its keys, and not read again', async () => {
  const { find, read } = startRequest();
  expect(await find(['0', '1'])).toEqual([broken, broken]);
  expect(await find(['1', '2'])).toEqual([broken, '2']);
  expect(read).toEqual([['0', '1'], ['2']]);
});

test('each key that is asked for is published, as a hit if it was asked for before', async () => {
  const published: unknown[] = [];
  const listen = (load: unknown) => void published.push(load);
  loads.subscribe(listen);
  onTestFinished(() => void loads.unsubscribe(listen));
  await startRequest().find(['1', '2', '1']);
  expect(published).toMatchObject([false, false, true].map((isHit) => ({ loader: 'ratings.getRatings', isHit })));
});
