import cluster from 'node:cluster';
import { TokenBuckets } from '../concurrency/token-buckets.ts';
import type { Limits } from '../graphql/limits/limits.ts';

/** Points that a process has taken from buckets, by key. */
interface Spent {
  spent: [key: string, points: number][];
}

/** How long points taken in one process are collected before the others learn of them. */
const SHARE_MS = 10;

/**
 * In a process of a cluster: token buckets that the processes have in common. A process takes points at once, and tells
 * the others 10 ms later: in that time, a viewer may spend a full bucket in each. They owe the excess.
 */
export function createSharedBuckets(limits: Limits): TokenBuckets {
  const spent = new Map<string, number>();
  const share = () => {
    // Without the first process, this one ends as well.
    process.send?.({ spent: [...spent] } satisfies Spent, undefined, undefined, () => {});
    spent.clear();
  };
  const buckets = new TokenBuckets(limits, (key, points) => {
    if (spent.size === 0) setTimeout(share, SHARE_MS).unref();
    spent.set(key, (spent.get(key) ?? 0) + points);
  });
  process.on('message', (message) => oweAll(buckets, message));
  return buckets;
}

/** In the primary of a cluster: tells each process what the others spend, and a new one what they have spent. */
export function relayPoints(limits: Limits): void {
  const buckets = new TokenBuckets(limits);
  cluster.on('message', (from, message) => {
    if (!oweAll(buckets, message)) return;
    for (const worker of Object.values(cluster.workers ?? {})) {
      if (worker !== from && worker?.isConnected()) worker.send(message, () => {});
    }
  });
  cluster.on('online', (worker) => worker.send({ spent: buckets.missing() } satisfies Spent, () => {}));
}

/** @returns whether the message was about points */
function oweAll(buckets: TokenBuckets, message: unknown): boolean {
  if (typeof message !== 'object' || message === null || !('spent' in message)) return false;
  for (const [key, points] of (message as Spent).spent) buckets.of(key).owe(points);
  return true;
}
