import { createGraphQLError, type GraphQLParams, type Plugin } from 'graphql-yoga';
import { badRequest } from '../../http/graphql-params.ts';
import { isDocumentId, toDocumentId } from './document-id.ts';
import { readManifest } from './manifest.ts';
import { SentDocuments } from './sent-documents.ts';

/** Which documents are known before they are sent. */
export interface DocumentsConfig {
  /** A JSON file: the text of each document by its ID, `sha256:…`. Without one nothing is trusted. */
  file: string | undefined;
  /** Whether no other documents are taken. */
  isOnlyTrusted: boolean;
}

/** Before anything of it was checked. */
type Params = GraphQLParams & { documentId?: unknown };

/** Likewise. https://www.apollographql.com/docs/apollo-server/performance/apq */
interface Persisted {
  version?: unknown;
  sha256Hash?: unknown;
}

const DIGITS = '64 hexadecimal digits in lower case';
/** 200 where a client asks for `application/json`, as older clients of that protocol want it. */
const NOT_FOUND = { status: 404, spec: true };

/**
 * Takes the ID of a document in place of its text: as `documentId`, or as the `persistedQuery` of Apollo's automatic
 * persisted queries. A document that comes with its ID is kept for the next time. What is not trusted is refused before
 * it is parsed, where only trusted documents are taken.
 */
export function useDocuments({ file, isOnlyTrusted }: DocumentsConfig): Plugin {
  const trusted = file === undefined ? new Map<string, string>() : readManifest(file);
  const sent = new SentDocuments();

  const take = (text: string, id: string | undefined): void => {
    const own = toDocumentId(text);
    if (id !== undefined && id !== own)
      throw badRequest(400, `Expected the document with the ID ${id}, got the one with ${own}.`);
    if (trusted.has(own)) return;
    if (isOnlyTrusted) throw notTrusted();
    sent.keep(own, text);
  };

  return {
    onParams({ params, setParams }) {
      const { documentId, ...rest }: Params = params;
      const id = readId(params);
      if (id === undefined && !isOnlyTrusted) return;
      if (typeof rest.query === 'string') take(rest.query, id);
      else if (id !== undefined && rest.query == null) {
        const query = trusted.get(id) ?? sent.find(id);
        if (query === undefined) throw isOnlyTrusted ? notTrusted() : notFound(documentId);
        rest.query = query;
      }
      setParams(rest);
    },
  };
}

/** The ID that a request names its document by. @throws 400 where it is none */
function readId({ documentId, extensions }: Params): string | undefined {
  if (documentId != null) {
    if (isDocumentId(documentId)) return documentId;
    throw badRequest(400, `Expected "sha256:" and ${DIGITS} as \`documentId\`, got something else.`);
  }
  const persisted: Persisted | null | undefined = extensions?.['persistedQuery'];
  if (persisted == null) return undefined;
  const id = persisted.version === 1 && typeof persisted.sha256Hash === 'string' && `sha256:${persisted.sha256Hash}`;
  if (isDocumentId(id)) return id;
  throw badRequest(400, `Expected \`version\` 1 and a \`sha256Hash\` of ${DIGITS} in \`persistedQuery\`, got others.`);
}

/** @param documentId absent where the request is one of Apollo's protocol, whose clients know this by its message */
function notFound(documentId: unknown): Error {
  const message =
    documentId == null ? 'PersistedQueryNotFound' : 'Expected the ID of a known document, got another one.';
  return createGraphQLError(message, { extensions: { http: NOT_FOUND, code: 'PERSISTED_QUERY_NOT_FOUND' } });
}

function notTrusted(): Error {
  return createGraphQLError('Expected one of the documents that are trusted here, got another one.', {
    extensions: { http: { status: 403 }, code: 'DOCUMENT_NOT_TRUSTED' },
  });
}
