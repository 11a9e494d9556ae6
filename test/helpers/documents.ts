import { toDocumentId } from '../../src/gather/graphql/documents/document-id.ts';

/** Those of a request. */
export type Params = Record<string, unknown>;

/** What a client of Apollo's protocol sends of a document. */
export function persisted(text: string): Params {
  return { extensions: { persistedQuery: { version: 1, sha256Hash: toDocumentId(text).slice('sha256:'.length) } } };
}

/** The URL that asks with these parameters. */
export function toUrl(origin: string, params: Params): string {
  const url = new URL('/graphql', origin);
  for (const [name, value] of Object.entries(params)) {
    url.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return url.href;
}
