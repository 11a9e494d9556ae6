import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { Client, type DocumentInput, fetchExchange, cacheExchange as urqlCache } from '@urql/core';
import { persistedExchange } from '@urql/exchange-persisted';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { manifestOf } from '../../../../src/gather/commands/server-config.ts';
import { toDocumentId } from '../../../../src/gather/graphql/documents/document-id.ts';
import { startTestApp, type TestApp } from '../../../helpers/app.ts';
import { fixture } from '../../../helpers/fixture.ts';
import { libraryDocument } from '../../library-documents.ts';

const FRONT = libraryDocument('front');
const QUERIES = [FRONT, libraryDocument('page'), libraryDocument('catalogue')];

let gather: TestApp;
let strict: TestApp;
let url: string;
let strictUrl: string;
/** What clients sent, and how it was answered: `GET extensions 404`. */
let sent: string[] = [];

beforeAll(async () => {
  gather = await startTestApp();
  strict = await startTestApp({ documents: { file: manifestOf(fixture.app), isOnlyTrusted: true } });
  url = `${(await gather.app.start()).url}/graphql`;
  strictUrl = `${(await strict.app.start()).url}/graphql`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  sent = [];
});
afterAll(async () => {
  await gather.close();
  await strict.close();
});

describe('Apollo Client', () => {
  test.each([
    ['GET', true],
    ['POST', false],
  ])('sends a text once, and its hash from then on, by %s', async (method, useGETForHashedQueries) => {
    const query = gql(`query By${method} { catalogue { count } }`);
    for (const expected of [[`${method} hash 404`, 'POST query hash 200'], [`${method} hash 200`]]) {
      const { data } = await apollo(url, { sha256, useGETForHashedQueries }).query({ query });
      expect(data).toMatchObject({ catalogue: { count: expect.any(Number) } });
      expect(sent.splice(0)).toEqual(expected);
    }
  });

  test('has its trusted documents answered at the first word', async () => {
    for (const text of QUERIES) {
      const client = apollo(strictUrl, { sha256, useGETForHashedQueries: true });
      const { data } = await client.query({ query: gql(text) });
      expect(Object.keys(data as object)).toEqual([expect.any(String)]);
    }
    expect(sent).toEqual(QUERIES.map(() => 'GET hash 200'));
  });

  test('is refused another document once and for all', async () => {
    const asked = apollo(strictUrl, { sha256 }).query({ query: gql('{ about { name } }') });
    await expect(asked).rejects.toThrow('Expected a trusted document');
    expect(sent).toEqual(['POST hash 403']);
  });

  test('names its documents by IDs that it was given', async () => {
    const link = { generateHash: () => toDocumentId(FRONT).slice('sha256:'.length), useGETForHashedQueries: true };
    const { data } = await apollo(strictUrl, link).query({ query: gql(FRONT) });
    expect(data).toMatchObject({ front: { newest: expect.any(Array) } });
    expect(sent).toEqual(['GET hash 200']);
  });
});

describe('urql', () => {
  test.each([
    ['GET', true],
    ['POST', false],
  ] as const)('sends a text once, and its hash from then on, by %s', async (method, preferGetForPersistedQueries) => {
    for (const expected of [[`${method} hash 404`, `${method} query hash 200`], [`${method} hash 200`]]) {
      const { data } = await urql(url, { preferGetForPersistedQueries }).query(
        `query UrqlBy${method} { catalogue { count } }`,
        {},
      );
      expect(data).toMatchObject({ catalogue: { count: expect.any(Number) } });
      expect(sent.splice(0)).toEqual(expected);
    }
  });

  test('has its trusted documents answered at the first word', async () => {
    for (const text of QUERIES) {
      const { data, error } = await urql(strictUrl, { enforcePersistedQueries: true }).query(text, {});
      expect(error).toBeUndefined();
      expect(data).toBeDefined();
    }
    expect(sent).toEqual(QUERIES.map(() => 'GET hash 200'));
  });

  test('is refused another document once and for all', async () => {
    const { error } = await urql(strictUrl, {}).query('{ about { name } }', {});
    expect(error?.graphQLErrors[0]?.extensions).toEqual({ code: 'DOCUMENT_NOT_TRUSTED' });
    expect(sent).toEqual(['GET hash 403']);
  });

  test('sends a `documentId` for a document that has nothing else, in production', async () => {
    // In development it looks for the kind of an operation in the document.
    vi.stubEnv('NODE_ENV', 'production');
    const document = { kind: 'Document', definitions: [], documentId: toDocumentId(FRONT) } as DocumentInput;
    for (const preferGetMethod of ['force', false] as const) {
      const client = new Client({
        url: strictUrl,
        fetch: record,
        preferGetMethod,
        exchanges: [urqlCache, fetchExchange],
      });
      const { data, error } = await client.query(document, {});
      expect(error).toBeUndefined();
      expect(data).toMatchObject({ front: { newest: expect.any(Array) } });
    }
    expect(sent).toEqual(['GET documentId 200', 'POST documentId 200']);
  });
});

function apollo(uri: string, options: PersistedQueryLink.Options): ApolloClient {
  const link = ApolloLink.from([new PersistedQueryLink(options), new HttpLink({ uri, fetch: record })]);
  return new ApolloClient({ link, cache: new InMemoryCache() });
}

function urql(uri: string, options: Parameters<typeof persistedExchange>[0]): Client {
  return new Client({
    url: uri,
    fetch: record,
    preferGetMethod: false,
    exchanges: [urqlCache, persistedExchange(options), fetchExchange],
  });
}

function sha256(text: string): string {
  return toDocumentId(text).slice('sha256:'.length);
}

/** `fetch`, with a note of it. */
async function record(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(input, init);
  const { searchParams } = new URL(String(input));
  const params = init.method === 'POST' ? JSON.parse(String(init.body)) : Object.fromEntries(searchParams);
  const parts = [params.query && 'query', params.documentId && 'documentId', params.extensions && 'hash'];
  sent.push([init.method, ...parts.filter(Boolean), response.status].join(' '));
  return response;
}
