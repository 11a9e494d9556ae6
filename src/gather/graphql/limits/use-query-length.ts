import { Buffer } from 'node:buffer';
import type { Plugin } from 'graphql-yoga';
import { badRequest } from '../../http/graphql-params.ts';
import type { Limits } from './limits.ts';

/** Of a unit of UTF-16, once it is UTF-8. */
const MAX_BYTES_OF_UNIT = 3;

/**
 * Refuses the text of an operation that is too long, whichever way it came, before anything hashes, keeps or parses it.
 * What is large belongs into variables.
 */
export function useQueryLength({ queryMaxBytes: maxBytes }: Pick<Limits, 'queryMaxBytes'>): Plugin {
  return {
    onParams({ params: { query } }) {
      if (typeof query !== 'string' || query.length * MAX_BYTES_OF_UNIT <= maxBytes) return;
      const bytes = Buffer.byteLength(query);
      if (bytes <= maxBytes) return;
      throw badRequest(
        413,
        `Expected a query of at most ${maxBytes} bytes (MAX_QUERY_BYTES), got ${bytes}. Use variables.`,
      );
    },
  };
}
