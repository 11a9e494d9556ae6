/** An answer, and how long it takes. */
export interface Answer {
  status: number;
  /** Sent as JSON, if defined. */
  body?: unknown;
  headers?: Record<string, string>;
  delayMs: number;
}

/** A service: answers a GET of a URL, always in the same way. */
export type Service = (url: URL) => Answer;

export const NOT_FOUND: Answer = { status: 404, delayMs: 0 };
