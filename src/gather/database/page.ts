import { GatherError } from '../errors.ts';

/** The largest page. */
const MAX_SIZE = 100;
const DEFAULT_SIZE = 20;

/** The arguments of a page of a connection: `first` and `after`, or `last` and `before`. */
export interface PageArguments {
  first?: number | null | undefined;
  after?: string | null | undefined;
  last?: number | null | undefined;
  before?: string | null | undefined;
}

/** A requested page, checked. */
export interface Page {
  size: number;
  /** Whether the page is counted from the end. */
  isBackward: boolean;
  after: string | undefined;
  before: string | undefined;
}

/**
 * Checks the arguments of a page.
 * @throws INVALID_INPUT if both `first` and `last` are given, or one of them is not from 0 to 100
 */
export function toPage({ first, after, last, before }: PageArguments): Page {
  if (first != null && last != null) {
    throw new GatherError('INVALID_INPUT', 'Expected either `first` or `last`, got both.');
  }
  return {
    size: toSize(last != null ? 'last' : 'first', last ?? first ?? DEFAULT_SIZE),
    isBackward: last != null,
    after: after ?? undefined,
    before: before ?? undefined,
  };
}

function toSize(name: string, size: number): number {
  if (size >= 0 && size <= MAX_SIZE) return size;
  throw new GatherError('INVALID_INPUT', `Expected \`${name}\` from 0 to ${MAX_SIZE}, got ${size}.`);
}
