import type { GraphQLError } from 'graphql';
import { isMasked, originalOf, toClientError } from '../errors.ts';
import { reportFault } from './report-fault.ts';
import { requestId } from './request-id.ts';

/** Converts an error to the one that a client may see. */
export type MaskError = (error: unknown) => GraphQLError;

const behind = new WeakMap<GraphQLError, unknown>();

/** Creates a function that hides faults of the program from clients. In development the client sees them too. */
export function createMaskError({ isDevelopment } = { isDevelopment: false }): MaskError {
  return (error) => {
    const shown = toClientError(error, requestId(), isDevelopment);
    if (shown.extensions['code'] === 'UNSUPPORTED') behind.set(shown, error);
    if (!isMasked(shown)) return shown;
    const fault = findFault(error) ?? error;
    // It may be masked twice.
    behind.set(shown, fault);
    reportFault(originalOf(fault));
    return shown;
  };
}

/**
 * The fault behind a masked error, and what the database did not allow behind UNSUPPORTED: both are for operators. Undefined
 * for any other error.
 */
export function findFault(shown: unknown): unknown {
  return behind.get(shown as GraphQLError);
}
