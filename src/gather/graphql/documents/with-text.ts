import { createGraphQLError, type GraphQLParams } from 'graphql-yoga';
import { badRequest } from '../../http/bad-request.ts';
import { isDocumentId, toDocumentId } from './document-id.ts';
import { SentDocuments } from './sent-documents.ts';

/** The trusted documents. */
export interface DocumentsConfig {
  /** A JSON file with the text of each document by its ID, `sha256:…`. Without it no document is trusted. */
  file: string | undefined;
  /** Whether all other documents are refused. */
  isOnlyTrusted: boolean;
}

/** Parameters that have not been checked. */
type Params = GraphQLParams & { documentId?: unknown };

/** `extensions.persistedQuery`, not checked: https://www.apollographql.com/docs/apollo-server/performance/apq */
interface Persisted {
  version?: unknown;
  sha256Hash?: unknown;
}

const DIGITS = '64 hexadecimal digits in lower case';
/** With `spec`, Yoga answers 200 to clients that accept `application/json`, as older clients of APQ expect. */
const NOT_FOUND = { status: 404, spec: true };

/**
 * Gives the parameters of an operation the text of its document, if they have only its ID.
 * @throws 400, 403 and 404 for a document that is not known, or not accepted
 */
export type WithText = (params: GraphQLParams) => GraphQLParams;

/**
 * Accepts the ID of a document in place of its text: as `documentId`, or as the `persistedQuery` of Apollo's automatic
 * persisted queries. A document sent with its ID is cached for later requests. If only trusted documents are accepted,
 * others are refused before they are parsed.
 * @param trusted the texts of the trusted documents by ID
 */
export function createWithText(
  trusted: ReadonlyMap<string, string>,
  { isOnlyTrusted }: Pick<DocumentsConfig, 'isOnlyTrusted'>,
): WithText {
  const sent = new SentDocuments();

  const accept = (text: string, id: string | undefined): void => {
    const own = toDocumentId(text);
    if (id !== undefined && id !== own)
      throw badRequest(400, `Expected the document with the ID ${id}, got the one with ${own}.`);
    if (trusted.has(own)) return;
    if (isOnlyTrusted) throw notTrusted();
    sent.keep(own, text);
  };

  return (params) => {
    const id = readId(params);
    if (id === undefined && params.query == null) throw noDocument();
    if (id === undefined && !isOnlyTrusted) return params;
    const { documentId, ...rest }: Params = params;
    if (typeof rest.query === 'string') accept(rest.query, id);
    else if (id !== undefined && rest.query == null) {
      const query = trusted.get(id) ?? sent.find(id);
      if (query === undefined) throw isOnlyTrusted ? notTrusted() : notFound(documentId);
      rest.query = query;
    }
    return rest;
  };
}

/** The document ID of a request; undefined if it has none. @throws 400 if it is invalid */
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

/** @param documentId undefined for Apollo's protocol, whose clients recognize this error by its message */
function notFound(documentId: unknown): Error {
  const message =
    documentId == null ? 'PersistedQueryNotFound' : 'Expected the ID of a known document, got another one.';
  return createGraphQLError(message, { extensions: { http: NOT_FOUND, code: 'PERSISTED_QUERY_NOT_FOUND' } });
}

function noDocument(): Error {
  return badRequest(400, 'Expected the text of an operation as `query`, or an ID as `documentId`, got neither.');
}

function notTrusted(): Error {
  return createGraphQLError('Expected a trusted document (TRUSTED_DOCUMENTS_ONLY), got another one.', {
    extensions: { http: { status: 403 }, code: 'DOCUMENT_NOT_TRUSTED' },
  });
}
