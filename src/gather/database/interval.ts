import pg from 'pg';
import type { Interval } from './column-types.ts';

/** What pg makes of an interval. */
interface Parsed {
  toISOString(): string;
}

const parse: (value: string) => Parsed = pg.types.getTypeParser(pg.types.builtins.INTERVAL);

/** An interval in the format of ISO 8601: `P1M2DT3H`. */
export function toIsoDuration(interval: Interval): string {
  const duration = parse(interval)
    .toISOString()
    .replaceAll(/(?<![\d.-])0[A-Z]/g, '')
    .replace(/T$/, '');
  return duration === 'P' ? 'PT0S' : duration;
}
