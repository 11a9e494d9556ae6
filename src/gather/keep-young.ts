import { setFlagsFromString } from 'node:v8';

/**
 * V8 creates objects old where most of those it created before outlived a collection. In a server each request that is
 * under way outlives one, and what is created old keeps the rest of its request: docs/decisions/046.
 */
export function keepYoung(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
