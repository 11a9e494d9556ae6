import { CircuitState, CountBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { UpstreamError } from './errors.ts';

/** How long the breaker stays open. */
const OPEN_MS = 1000;
/** Opens when more than half of the last 20 attempts failed, and at least 10 were made. */
const SAMPLE = { threshold: 0.5, size: 20, minimumNumberOfCalls: 10 };

/** A circuit breaker: rejects calls to a failing service, and lets one call a second through until it succeeds. */
export interface Breaker {
  /** Whether calls must fail at once. */
  isOpen(): boolean;
  /** Makes one attempt and records its outcome. Check `isOpen` first. */
  run<T>(attempt: () => Promise<T>): Promise<T>;
  state(): 'closed' | 'open' | 'half-open';
}

interface BreakerEvents {
  /** Called when a closed breaker opens. */
  onOpen?: () => void;
  /** Called when it closes again. @param openMs how long it was not closed */
  onClose?: (openMs: number) => void;
}

/** Creates a closed breaker. Only an `UpstreamError` that `isOutage` counts against the service. */
export function createBreaker({ onOpen, onClose }: BreakerEvents = {}): Breaker {
  let openUntil = 0;
  let openedAt: number | undefined;
  // An attempt that its caller aborted says nothing about the service, so it must not close a half-open breaker.
  const countsAgainst = (error: unknown) =>
    error instanceof UpstreamError ? error.isOutage : breaker.state === CircuitState.HalfOpen;
  const breaker = circuitBreaker(handleWhen(countsAgainst), {
    halfOpenAfter: OPEN_MS,
    breaker: new CountBreaker(SAMPLE),
  });
  breaker.onBreak(() => {
    openUntil = Date.now() + OPEN_MS;
    if (openedAt === undefined) onOpen?.();
    openedAt ??= performance.now();
  });
  breaker.onReset(() => {
    onClose?.(Math.round(performance.now() - (openedAt ?? 0)));
    openedAt = undefined;
  });
  return {
    // cockatiel delays calls while the trial call of a half-open breaker is under way; here they fail at once.
    isOpen: () =>
      breaker.state === CircuitState.HalfOpen || (breaker.state === CircuitState.Open && Date.now() < openUntil),
    run: (attempt) => breaker.execute(attempt),
    state: () => nameOf(breaker.state),
  };
}

function nameOf(state: CircuitState): ReturnType<Breaker['state']> {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half-open' : 'open';
}
