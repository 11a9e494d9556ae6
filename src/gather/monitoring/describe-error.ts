import { fileURLToPath } from 'node:url';
import { GatherError, originalOf, withoutGiven } from '../errors.ts';
import type { Hide } from './hide-values.ts';
import { hideInRequest } from './request-id.ts';

/** An error as it is logged. */
export interface DescribedError {
  /** Its class. */
  type: string;
  /** Absent for a `GatherError` without a `reason`: its own message is for clients, and may quote what they sent. */
  message?: string;
  code?: string;
  /** The source that failed. */
  source?: string;
  /** The project's frames of the stack, innermost first. */
  at?: string[];
  /** The GraphQL field that failed. */
  path?: string;
  cause?: DescribedError | DescribedError[];
}

const MAX_FRAMES = 3;
const MAX_CAUSES = 3;

/** Descriptions, which are returned as they are: the log describes each error that it is given. */
const described = new WeakSet<DescribedError>();

/** This repository, or the project that has installed Gather. */
const ROOT_URL = new URL(
  import.meta.url.includes('/node_modules/') ? import.meta.url.replace(/(?<=\/)node_modules\/.*/, '') : '../../../',
  import.meta.url,
);
/** As it appears in stacks and in messages of the system. */
const ROOTS = [ROOT_URL.href, fileURLToPath(ROOT_URL)];
/** A file of the project, or of Gather where that is installed: `gather/loaders/batch.js`. */
const FRAME = /^(?:.*node_modules\/(?=gather\/))?(((?:src|gather)\/.+?):\d+)/;

/**
 * Reduces an error to what a person needs to know: drivers and HTTP clients attach statements with their values, headers
 * and bodies to theirs. What it returned once, it returns again.
 * @param hide is applied to each message; by default it removes the values of the current request's operation
 */
export function describeError(error: unknown, hide: Hide = hideInRequest()): DescribedError {
  if (described.has(error as DescribedError)) return error as DescribedError;
  const description = describe(error, hide, 0);
  described.add(description);
  return description;
}

function describe(error: unknown, hide: Hide, depth: number): DescribedError {
  const original = originalOf(error);
  if (original !== error) return { ...describe(original, hide, depth), ...pathOf(error) };
  if (!isErrorLike(error)) return { type: typeof error, message: typeof error === 'object' ? '' : hide(String(error)) };
  const code = shortCodeOf(error);
  const message = error instanceof GatherError ? error.reason : shorten(error.message);
  const source = error instanceof GatherError ? error.source : undefined;
  const at = error instanceof GatherError ? [] : framesOf(error.stack);
  const cause = depth < MAX_CAUSES ? causeOf(error, hide, depth + 1) : undefined;
  return {
    type: error.constructor?.name ?? 'Error',
    ...(message !== undefined && { message: hide(message) }),
    ...(code && { code }),
    ...(source && { source: hide(source) }),
    ...(at.length > 0 && { at }),
    ...(cause && { cause }),
  };
}

/** A message without the input that it quotes, without a stack, and without the directory of the project. */
function shorten(message: string): string {
  const [text = ''] = withoutGiven(message).split(/\n\s+at /, 1);
  return ROOTS.reduce((shortened, root) => shortened.replaceAll(root, ''), text);
}

/** The path of a GraphQL error. */
function pathOf(error: unknown): { path?: string } {
  const path = error instanceof Error && 'path' in error ? error.path : undefined;
  return Array.isArray(path) ? { path: path.join('.') } : {};
}

/** pg-boss passes copies of errors that are not an `Error`. */
function isErrorLike(error: unknown): error is Error & { code?: unknown } {
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
}

/** Not the text that some libraries put there. */
function shortCodeOf({ code }: { code?: unknown }): string | undefined {
  return typeof code === 'string' && /^\w{1,50}$/.test(code) ? code : undefined;
}

/** `src/orders/place-order.ts:42`, one per file. */
function framesOf(stack = ''): string[] {
  const byFile = new Map<string, string>();
  for (const line of stack.split('\n')) {
    const root = ROOTS.find((text) => line.includes(text));
    const [, frame = '', file = ''] = (root && FRAME.exec(line.split(root)[1] ?? '')) || [];
    if (file && !byFile.has(file)) byFile.set(file, frame);
  }
  return [...byFile.values()].slice(0, MAX_FRAMES);
}

/** Node tries each address of a host, and throws their errors as one `AggregateError`. */
function causeOf(error: Error, hide: Hide, depth: number): DescribedError['cause'] {
  if (error instanceof AggregateError)
    return error.errors.slice(0, MAX_CAUSES).map((one) => describe(one, hide, depth));
  return error.cause === undefined || error.cause === null ? undefined : describe(error.cause, hide, depth);
}
