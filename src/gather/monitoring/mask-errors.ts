import { GraphQLError } from 'graphql';
import { isMasked, originalOf, toClientError } from '../errors.ts';
import type { Logger } from './log.ts';
import { requestId } from './request-id.ts';

/** What a client may see of an error. */
export type MaskError = (error: unknown) => GraphQLError;

/**
 * Hides faults from clients and logs them: each once for a request, however many fields fail of it.
 * @param isShown whether clients see them all the same, in `extensions.fault`; for development only
 */
export function createMaskError(log: Logger, isShown = false): MaskError {
  /** By the ID of the request that last failed of it. */
  const logged = new WeakMap<object, string | undefined>();
  return (error) => {
    const id = requestId();
    const shown = toClientError(error, id);
    if (!isMasked(shown)) return shown;
    const original = originalOf(error);
    const fault = original instanceof Error ? original : new Error(String(original));
    if (!logged.has(fault) || logged.get(fault) !== id) log.error(error instanceof Error ? error : fault);
    logged.set(fault, id);
    return isShown ? withFault(shown, fault) : shown;
  };
}

function withFault(shown: GraphQLError, { message, stack = '' }: Error): GraphQLError {
  const { nodes, path, extensions } = shown;
  return new GraphQLError(shown.message, {
    nodes,
    path,
    extensions: { ...extensions, fault: { message, stack: stack.split('\n') } },
  });
}
