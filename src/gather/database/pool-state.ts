import type { PoolState } from '../monitoring/metrics/state.ts';
import type { Pools } from './pool.ts';

/** How the connections are used at the moment. @param prefix of the pools' names */
export function poolStates({ pool, cursors, accounts, control, shares }: Pools, prefix = ''): PoolState[] {
  const pools = { statements: pool, cursors, accounts, control };
  return Object.entries(pools).map(([name, it]) => ({
    name: prefix + name,
    used: it.totalCount - it.idleCount,
    idle: it.idleCount,
    max: it.options.max,
    waiting: it.waitingCount + (shares.get(it)?.waiting ?? 0),
  }));
}
