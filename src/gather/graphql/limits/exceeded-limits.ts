import type { DocumentNode, GraphQLError } from 'graphql';
import { type Counts, countDocument } from './counts.ts';
import type { Limits } from './limits.ts';
import { createRefusal } from './refusal.ts';

type LimitOfDocuments = 'maxDepth' | 'maxTokens' | 'maxAliases' | 'maxDirectives';

/** The setting of each limit, for the person who may change it. */
const SETTINGS: Record<LimitOfDocuments, string> = {
  maxDepth: 'MAX_DEPTH',
  maxTokens: 'MAX_TOKENS',
  maxAliases: 'MAX_ALIASES',
  maxDirectives: 'MAX_DIRECTIVES',
};

/** No more fields than could be written out without fragments: each of them is a token. */
const LIMITED: readonly (readonly [keyof Counts, LimitOfDocuments, string])[] = [
  ['depth', 'maxDepth', 'levels of fields'],
  ['fields', 'maxTokens', 'fields'],
  ['aliases', 'maxAliases', 'fields with an alias, or written again in the same place'],
  ['directives', 'maxDirectives', 'directives'],
];

/** All that a document asks too much of, before it is known to be valid. Empty where it keeps within the limits. */
export function findExceededLimits(document: DocumentNode, limits: Pick<Limits, LimitOfDocuments>): GraphQLError[] {
  const counts = countDocument(document);
  return LIMITED.filter(([count, limit]) => counts[count] > limits[limit]).map(([count, limit, things]) =>
    createRefusal(
      'LIMIT_EXCEEDED',
      `Expected at most ${limits[limit]} ${things} (${SETTINGS[limit]}), got ${counts[count]} once fragments are put where they are used.`,
    ),
  );
}
