import { PHASES, round, type Timing } from './timing.ts';

/** Calls listed in the header; the rest are summed up, because proxies limit the size of headers. */
const MAX_CALLS = 30;

/** The `Server-Timing` header, which browsers show: the phases, each call, and the total. */
export function toServerTiming(timing: Timing): string {
  const phases = PHASES.map((phase) => `${phase};dur=${round(timing.phases[phase])}`);
  const calls = timing.calls
    .slice(0, MAX_CALLS)
    .map(({ kind, name, keys, duration }) => `${name};dur=${round(duration)};desc="${kind} ${keys}"`);
  const rest = timing.calls.slice(MAX_CALLS).reduce((sum, { duration }) => sum + duration, 0);
  const more = rest > 0 ? [`more;dur=${round(rest)}`] : [];
  return [...phases, ...calls, ...more, `total;dur=${round(timing.elapsed)}`].join(', ');
}

/** The header with the total only, in whole milliseconds, which any client could measure itself. */
export function toTotal({ elapsed }: Pick<Timing, 'elapsed'>): string {
  return `total;dur=${Math.ceil(elapsed)}`;
}
