import { type DocumentNode, GraphQLError, parse } from 'graphql';
import { Refused, toInvalid } from '../limits/refusal.ts';
import { findTokenExcess } from '../limits/tokens.ts';
import { createDocumentCache } from './document-cache.ts';

/** Some hundreds of page-sized documents. */
const DOCUMENTS_MAX_BYTES = 24_000_000;
const ERRORS_MAX_BYTES = 1_000_000;

/**
 * Parses a document, each text once.
 * @throws Refused if it is invalid or has too many tokens
 */
export type ParseDocument = (text: string) => DocumentNode;

export function createParseDocument({ maxTokens }: { maxTokens: number }): ParseDocument {
  const documents = createDocumentCache<DocumentNode>(DOCUMENTS_MAX_BYTES);
  const errors = createDocumentCache<GraphQLError>(ERRORS_MAX_BYTES);
  const toRefusal = (error: unknown): GraphQLError => {
    const excess = findTokenExcess(error, maxTokens);
    if (excess) return excess;
    if (error instanceof GraphQLError) return toInvalid(error, 'GRAPHQL_PARSE_FAILED');
    throw error;
  };
  return (text) => {
    const known = documents.get(text);
    if (known) return known;
    const fault = errors.get(text);
    if (fault) throw new Refused(fault);
    try {
      const document = parse(text, { maxTokens });
      documents.set(text, document);
      return document;
    } catch (error) {
      const refusal = toRefusal(error);
      errors.set(text, refusal);
      throw new Refused(refusal);
    }
  };
}
