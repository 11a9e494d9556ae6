import type { GraphQLError } from 'graphql';
import { isMasked, originalOf, toClientError } from '../errors.ts';
import type { Logger } from './log.ts';
import { requestId } from './request-id.ts';

/** What a client may see of an error. */
export type MaskError = (error: unknown) => GraphQLError;

/**
 * Makes what hides faults from clients and logs them: each once for a request, however many fields fail of it.
 * In development the client is told them too.
 */
export function createMaskError(log: Logger, { isDevelopment } = { isDevelopment: false }): MaskError {
  /** By the ID of the request that last failed of it. */
  const logged = new WeakMap<object, string | undefined>();
  return (error) => {
    const id = requestId();
    const shown = toClientError(error, id, isDevelopment);
    if (!isMasked(shown)) return shown;
    const original = originalOf(error);
    const fault = original instanceof Error ? original : new Error(String(original));
    if (!logged.has(fault) || logged.get(fault) !== id) log.error(error instanceof Error ? error : fault);
    logged.set(fault, id);
    return shown;
  };
}
