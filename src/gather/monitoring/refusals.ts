import type { Logger } from './log.ts';
import { outsideOfRequest } from './request-id.ts';

/** Why a request is refused. */
export type RefusalReason = 'host' | 'origin' | 'document' | 'sign-in' | 'limit' | 'request';

/** The reasons by code of the error. */
const REASONS: Readonly<Record<string, RefusalReason>> = {
  LIMIT_EXCEEDED: 'limit',
  MAX_COST_EXCEEDED: 'limit',
  THROTTLED: 'limit',
  BUSY: 'limit',
  TOO_LARGE: 'limit',
  TOO_SLOW: 'limit',
  QUOTA_EXCEEDED: 'limit',
  ANSWER_TOO_LARGE: 'limit',
  DOCUMENT_NOT_TRUSTED: 'document',
  INTROSPECTION_DISABLED: 'document',
  GRAPHQL_PARSE_FAILED: 'document',
  GRAPHQL_VALIDATION_FAILED: 'document',
  OPERATION_RESOLUTION_FAILURE: 'document',
  UNAUTHENTICATED: 'sign-in',
  FORBIDDEN: 'sign-in',
  WRONG_CREDENTIALS: 'sign-in',
  TOO_MANY_ATTEMPTS: 'sign-in',
  BAD_REQUEST: 'request',
  BAD_USER_INPUT: 'request',
};
const STATUSES: Readonly<Record<number, RefusalReason>> = {
  408: 'limit',
  413: 'limit',
  421: 'host',
  429: 'limit',
  431: 'limit',
};

const WINDOW_MS = 1000;
/** Lines of one reason within a second; further ones are counted. */
const MAX_LINES = 5;

/** Why an error with this code refuses a request; undefined if it is no refusal. */
export function reasonOf(code: unknown, status = 400): RefusalReason | undefined {
  const reason = REASONS[`${code}`];
  return reason === 'request' ? (STATUSES[status] ?? reason) : reason;
}

/**
 * Logs refused requests. Of each reason, five lines a second are written; what comes beyond is counted, and the count
 * written when the second is over, so that nobody can flood the log with requests that cost nothing. Close it.
 */
export class Refusals {
  readonly #log: Logger;
  /** The number of refusals in the current second, by reason. */
  readonly #counts = new Map<RefusalReason, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** @param toLine is called only if the line is written */
  add(refused: RefusalReason, toLine: () => object): void {
    if (!this.#log.isLevelEnabled('warn')) return;
    const count = (this.#counts.get(refused) ?? 0) + 1;
    this.#counts.set(refused, count);
    this.#timer ??= outsideOfRequest(() => setTimeout(() => this.close(), WINDOW_MS).unref());
    if (count <= MAX_LINES) this.#log.warn({ refused, ...toLine() });
  }

  /** Writes the counts. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const [refused, count] of this.#counts) {
      if (count > MAX_LINES) this.#log.warn({ refused, more: count - MAX_LINES }, 'more requests were refused');
    }
    this.#counts.clear();
  }
}
