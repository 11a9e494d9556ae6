import { fileURLToPath } from 'node:url';
import { originalOf, withoutGiven } from '../errors.ts';

/** An error as the log has it. */
interface DescribedError {
  /** Its class. */
  type: string;
  message: string;
  code?: string;
  /** Where in the project it comes from, innermost first. */
  at?: string[];
  /** The field that failed of it. */
  path?: string;
  cause?: DescribedError | DescribedError[];
}

const MAX_FRAMES = 3;
const MAX_CAUSES = 3;

const ROOT_URL = new URL('../../../', import.meta.url);
/** Where the project is, as stacks and as messages of the system say it. */
const ROOTS = [ROOT_URL.href, fileURLToPath(ROOT_URL)];

/**
 * What a person needs to know of an error, and nothing else of it: drivers and clients of HTTP hang statements with
 * their values, headers and bodies on theirs.
 */
export function describeError(error: unknown, depth = 0): DescribedError {
  const original = originalOf(error);
  if (original !== error) return { ...describeError(original, depth), ...pathOf(error) };
  if (!isErrorLike(error)) return { type: typeof error, message: typeof error === 'object' ? '' : String(error) };
  const code = codeOf(error);
  const at = framesOf(error.stack);
  const cause = depth < MAX_CAUSES ? causeOf(error, depth + 1) : undefined;
  return {
    type: error.constructor?.name ?? 'Error',
    message: shorten(error.message),
    ...(code && { code }),
    ...(at.length > 0 && { at }),
    ...(cause && { cause }),
  };
}

/** What an error says, without what it was given, a stack that somebody has put into it, and where the project is. */
export function shorten(message: string): string {
  const [text = ''] = withoutGiven(message).split(/\n\s+at /, 1);
  return ROOTS.reduce((shortened, root) => shortened.replaceAll(root, ''), text);
}

/** Of an error of GraphQL. */
function pathOf(error: unknown): { path?: string } {
  const path = error instanceof Error && 'path' in error ? error.path : undefined;
  return Array.isArray(path) ? { path: path.join('.') } : {};
}

/** pg-boss hands out copies that are no `Error`. */
function isErrorLike(error: unknown): error is Error & { code?: unknown } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

function codeOf({ code }: { code?: unknown }): string | undefined {
  return typeof code === 'string' && /^\w{1,50}$/.test(code) ? code : undefined;
}

/** As `src/orders/place-order.ts:42`, one for each file. */
function framesOf(stack = ''): string[] {
  const byFile = new Map<string, string>();
  for (const line of stack.split('\n')) {
    const root = ROOTS.find((text) => line.includes(`${text}src/`));
    const [, frame = '', file = ''] = (root && /^((.+?):\d+)/.exec(line.split(root)[1] ?? '')) || [];
    if (file && !byFile.has(file)) byFile.set(file, frame);
  }
  return [...byFile.values()].slice(0, MAX_FRAMES);
}

/** Node tries each address of a host, and throws all that went wrong together. */
function causeOf(error: Error, depth: number): DescribedError['cause'] {
  if (error instanceof AggregateError) return error.errors.slice(0, MAX_CAUSES).map((one) => describeError(one, depth));
  return error.cause === undefined || error.cause === null ? undefined : describeError(error.cause, depth);
}
