/** What a service answers, and how long it takes. */
export interface Answer {
  status: number;
  /** Sent as JSON, where there is one. */
  body?: unknown;
  headers?: Record<string, string>;
  delayMs: number;
}

/** A service: what it answers to a GET of this URL. The same URL always has the same answer. */
export type Service = (url: URL) => Answer;

/** The answer where there is nothing. */
export const NOT_FOUND: Answer = { status: 404, delayMs: 0 };
