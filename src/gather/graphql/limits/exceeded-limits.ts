import type { DocumentNode, GraphQLError } from 'graphql';
import { type Counts, countDocument } from './counts.ts';
import type { Limits } from './limits.ts';
import { createRefusal } from './refusal.ts';

type LimitOfDocuments = 'maxDepth' | 'maxTokens' | 'maxAliases' | 'maxDirectives';

/** The setting of each limit. */
const SETTINGS: Record<LimitOfDocuments, string> = {
  maxDepth: 'MAX_DEPTH',
  maxTokens: 'MAX_TOKENS',
  maxAliases: 'MAX_ALIASES',
  maxDirectives: 'MAX_DIRECTIVES',
};

/** The limit of tokens also bounds the fields with fragments expanded: written out, each would be a token. */
const LIMITED: readonly (readonly [keyof Counts, LimitOfDocuments, string])[] = [
  ['depth', 'maxDepth', 'levels of fields'],
  ['fields', 'maxTokens', 'fields'],
  ['aliases', 'maxAliases', 'fields that have an alias or are repeated in the same place'],
  ['directives', 'maxDirectives', 'directives'],
];

/** The limits that a document exceeds, which need not be valid. */
export function findExceededLimits(document: DocumentNode, limits: Pick<Limits, LimitOfDocuments>): GraphQLError[] {
  const counts = countDocument(document);
  return LIMITED.filter(([count, limit]) => counts[count] > limits[limit]).map(([count, limit, things]) =>
    createRefusal(
      'LIMIT_EXCEEDED',
      `Expected at most ${limits[limit]} ${things} (${SETTINGS[limit]}), got ${counts[count]} with fragments expanded.`,
    ),
  );
}
