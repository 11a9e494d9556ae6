/** Converts a `performance.now()`, by default the present one, to the time of day in milliseconds. */
export type SpanTime = (time?: number) => number;

/** The clocks may differ by this much before the time of day is read again. */
const MAX_DRIFT_MS = 100;

/**
 * Creates the clock of spans: precise to microseconds, so that spans nest, while the system's clock may be set or the
 * machine suspended.
 */
export function createSpanTime(): SpanTime {
  let origin = performance.timeOrigin;
  return (time = performance.now()) => {
    const drift = Date.now() - (origin + performance.now());
    if (Math.abs(drift) > MAX_DRIFT_MS) origin += drift;
    return origin + time;
  };
}
