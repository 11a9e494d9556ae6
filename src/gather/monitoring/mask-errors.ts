import type { GraphQLError } from 'graphql';
import { isMasked, originalOf, toClientError } from '../errors.ts';
import type { Logger } from './log.ts';
import { reportFault } from './report-fault.ts';
import { requestId } from './request-id.ts';

/** Converts an error to the one that a client may see. */
export type MaskError = (error: unknown) => GraphQLError;

/**
 * Creates a function that hides faults of the program from clients and logs them, once per request, however many fields
 * fail. In development the client sees them too.
 */
export function createMaskError(log: Logger, { isDevelopment } = { isDevelopment: false }): MaskError {
  /** The ID of the last request that each fault was logged for. */
  const logged = new WeakMap<object, string | undefined>();
  return (error) => {
    const id = requestId();
    const shown = toClientError(error, id, isDevelopment);
    if (!isMasked(shown)) return shown;
    const original = originalOf(error);
    const fault = original instanceof Error ? original : new Error(String(original));
    if (!logged.has(fault) || logged.get(fault) !== id) log.error(error instanceof Error ? error : fault);
    logged.set(fault, id);
    reportFault(fault);
    return shown;
  };
}
