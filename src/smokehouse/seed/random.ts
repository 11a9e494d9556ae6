import type { Timestamp } from 'gather';

/** A seeded generator of pseudorandom numbers. */
export interface Random {
  /** At least 0 and less than 1. */
  next(): number;
  /** An integer from 0 to `count` - 1. */
  below(count: number): number;
  pick<T>(choices: readonly [T, ...T[]]): T;
  /** A time in the 700 days before `end`. */
  timestamp(): Timestamp;
  /** The end of the data's period, in milliseconds. */
  end: number;
}

const PERIOD_MS = 700 * 86_400_000;

/** Mulberry32. Not cryptographically secure. @param end of the data's period, in milliseconds */
export function createRandom(state: number, end: number): Random {
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (count: number) => Math.floor(next() * count);
  return {
    next,
    below,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    timestamp: () => new Date(end - PERIOD_MS + below(PERIOD_MS)).toISOString(),
    end,
  };
}
