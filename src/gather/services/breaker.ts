import { CircuitState, CountBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import { UpstreamError } from './errors.ts';

/** For how long a service that fails is left alone. */
const OPEN_MS = 1000;
/** It opens when more than half of the last twenty attempts failed, and ten were made. */
const SAMPLE = { threshold: 0.5, size: 20, minimumNumberOfCalls: 10 };

/** Keeps calls away from a service that fails, and tries it with one call a second until it answers again. */
export interface Breaker {
  /** Whether calls are to fail at once. */
  isOpen(): boolean;
  /** Makes one attempt and learns from how it ends. Ask `isOpen` first. */
  run<T>(attempt: () => Promise<T>): Promise<T>;
  state(): 'closed' | 'open' | 'half-open';
}

/** A breaker, closed. Errors other than an `UpstreamError` that `isOutage` do not count against the service. */
export function createBreaker(): Breaker {
  let openUntil = 0;
  // An attempt that its caller left says nothing of the service, so it may not close a breaker that is half open.
  const countsAgainst = (error: unknown) =>
    error instanceof UpstreamError ? error.isOutage : breaker.state === CircuitState.HalfOpen;
  const breaker = circuitBreaker(handleWhen(countsAgainst), {
    halfOpenAfter: OPEN_MS,
    breaker: new CountBreaker(SAMPLE),
  });
  breaker.onBreak(() => {
    openUntil = Date.now() + OPEN_MS;
  });
  return {
    // cockatiel holds calls back while the one of a half-open breaker is under way; here they fail at once.
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
