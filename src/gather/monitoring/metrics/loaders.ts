import { Counter, Histogram } from 'prom-client';
import { type BatchEvent, batches, type LoadEvent, loads } from '../channels.ts';
import type { MetricsGroup } from './metrics.ts';

const SIZES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Loads by loader, and the sizes of batches. */
export const countLoaders: MetricsGroup = (registry) => {
  const registers = [registry];
  const size = new Histogram({
    name: 'graphql_dataloader_batch_size',
    help: 'Keys in the batches of loaders.',
    labelNames: ['graphql_dataloader_name'],
    buckets: SIZES,
    registers,
  });
  // Summed up here: a page loads hundreds of keys, and a counter looks up its labels each time.
  const loadCounts = new Map<string, { hit: number; miss: number }>();
  new Counter({
    name: 'graphql_dataloader_loads',
    help: 'Loads of keys: a hit is a key that the request has loaded already.',
    labelNames: ['graphql_dataloader_name', 'result'],
    registers,
    collect() {
      this.reset();
      for (const [loader, { hit, miss }] of loadCounts) {
        this.inc({ graphql_dataloader_name: loader, result: 'hit' }, hit);
        this.inc({ graphql_dataloader_name: loader, result: 'miss' }, miss);
      }
    },
  });
  const onBatch = (message: unknown) => {
    const { loader, keys } = message as BatchEvent;
    size.observe({ graphql_dataloader_name: loader }, keys);
  };
  const onLoad = (message: unknown) => {
    const { loader, isHit } = message as LoadEvent;
    const counts = loadCounts.get(loader) ?? { hit: 0, miss: 0 };
    loadCounts.set(loader, counts);
    counts[isHit ? 'hit' : 'miss']++;
  };
  batches.start.subscribe(onBatch);
  loads.subscribe(onLoad);
  return () => {
    batches.start.unsubscribe(onBatch);
    loads.unsubscribe(onLoad);
  };
};
