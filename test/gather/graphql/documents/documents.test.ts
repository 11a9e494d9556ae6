import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { manifestOf } from '../../../../src/gather/commands/server-config.ts';
import { toDocumentId } from '../../../../src/gather/graphql/documents/document-id.ts';
import { startTestApp, type TestApp } from '../../../helpers/app.ts';
import { type Params, persisted, toUrl } from '../../../helpers/documents.ts';
import { fixture } from '../../../helpers/fixture.ts';
import { libraryDocument } from '../../library-documents.ts';

const FRONT = libraryDocument('front');
const FRONT_ID = toDocumentId(FRONT);
/** Each of its levels comes from one place, so that it costs the same however fast that is. */
const PAGE = libraryDocument('page');
const NOBODYS_ID = toDocumentId('');
const NEW = 'query New { catalogue { count } }';

/** Those of Apollo Client. */
const HEADERS = { 'content-type': 'application/json', accept: 'application/graphql-response+json' };

let gather: TestApp;
let strict: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
  strict = await startTestApp({ documents: { file: manifestOf(fixture.app), isOnlyTrusted: true } });
});
afterAll(async () => {
  await gather.close();
  await strict.close();
});

describe('a document ID', () => {
  test('stands for its text, in a body and in a URL, and costs the sources the same', async () => {
    gather.cost();
    const whole = await (await ask({ query: PAGE })).json();
    expect(whole.data.catalogue.books.nodes).toHaveLength(20);
    const cost = sorted(gather.cost());
    for (const send of [ask, askByUrl]) {
      const response = await send({ documentId: toDocumentId(PAGE) });
      expect(response.status).toBe(200);
      expect((await response.json()).data).toEqual(whole.data);
      expect(sorted(gather.cost())).toEqual(cost);
    }
  });

  test('stands for its text also if that is null', async () => {
    for (const id of [{ documentId: FRONT_ID }, persisted(FRONT)]) {
      await ask({ query: FRONT, ...persisted(FRONT) });
      expect(await codeOf(await ask({ ...id, query: null }))).toBeUndefined();
    }
  });

  test('may come with its text, and with no other', async () => {
    expect(await codeOf(await ask({ documentId: FRONT_ID, query: FRONT }))).toBeUndefined();
    const response = await ask({ documentId: FRONT_ID, query: NEW });
    expect(response.status).toBe(400);
    expect((await response.json()).errors[0].message).toBe(
      `Expected the document with the ID ${FRONT_ID}, got the one with ${toDocumentId(NEW)}.`,
    );
  });

  test('that is not known is answered with 404, and with 200 to whoever asks for JSON without more', async () => {
    gather.cost();
    for (const send of [ask, askByUrl]) {
      const response = await send({ documentId: NOBODYS_ID });
      expect(response.status).toBe(404);
      expect((await response.json()).errors).toEqual([
        { message: expect.stringContaining('a known document'), extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
      ]);
    }
    expect((await ask({ documentId: NOBODYS_ID }, { accept: 'application/json' })).status).toBe(200);
    expect(gather.cost()).toEqual({ statements: [], requests: [] });
  });

  test.each([
    ['another prefix', FRONT_ID.replace('sha256', 'md5')],
    ['no prefix', FRONT_ID.slice('sha256:'.length)],
    ['capitals', FRONT_ID.toUpperCase()],
    ['a digit too few', FRONT_ID.slice(0, -1)],
    ['a line after it', `${FRONT_ID}\n`],
    ['nothing in it', ''],
    ['another type', { toString: null }],
  ])('with %s is refused in words', async (_, documentId) => {
    for (const query of [undefined, FRONT]) {
      const response = await ask({ documentId, query });
      expect(response.status).toBe(400);
      expect((await response.json()).errors[0].message).toContain('Expected "sha256:" and 64 hexadecimal digits');
    }
  });

  test('of a mutation is taken by POST only', async () => {
    expect((await askByUrl({ documentId: toDocumentId(libraryDocument('lend')) })).status).toBe(405);
  });
});

describe('an automatic persisted query', () => {
  test.each([
    ['another hash', { version: 1, sha256Hash: 'f'.repeat(64) }, 'Expected the document with the ID sha256:ffff'],
    ['another version', { version: 2, sha256Hash: FRONT_ID.slice(7) }, 'Expected `version` 1 and a `sha256Hash`'],
    ['no hash', { version: 1 }, 'Expected `version` 1 and a `sha256Hash`'],
    ['a hash of another type', { version: 1, sha256Hash: { toString: 1 } }, 'Expected `version` 1 and a `sha256Hash`'],
    ['another type', 'yes', 'Expected `version` 1 and a `sha256Hash`'],
  ])('with %s is refused in words', async (_, persistedQuery, message) => {
    const response = await ask({ query: FRONT, extensions: { persistedQuery } });
    expect(response.status).toBe(400);
    expect((await response.json()).errors[0].message).toContain(message);
  });

  test('that was sent is kept, and that of others is pushed out before a trusted document is', async () => {
    const register = (query: string) => ask({ query, ...persisted(query) });
    await register(NEW);
    expect(await codeOf(await ask(persisted(NEW)))).toBeUndefined();
    for (let index = 0; index < 40; index++) await register(`{ catalogue { count } } # ${index} ${' '.repeat(60_000)}`);
    expect(await codeOf(await ask(persisted(NEW)))).toBe('PERSISTED_QUERY_NOT_FOUND');
    expect(await codeOf(await ask(persisted(FRONT)))).toBeUndefined();
  });
});

describe('where only trusted documents are taken', () => {
  test('they are, by ID, by hash and as text', async () => {
    const ways = [{ documentId: FRONT_ID }, persisted(FRONT), { query: FRONT }, { query: FRONT, ...persisted(FRONT) }];
    for (const params of ways) {
      expect(await (await ask(params, {}, strict)).json()).toMatchObject({ data: { front: expect.anything() } });
    }
  });

  test.each([
    ['by ID', { documentId: NOBODYS_ID }],
    ['by hash', persisted(NEW)],
    ['as text', { query: NEW }],
    ['to be kept', { query: NEW, ...persisted(NEW) }],
    ['for the schema', { query: '{ __schema { types { name } } }' }],
    ['that could not be parsed', { query: '{' }],
  ])('no other is, %s', async (_, params) => {
    strict.cost();
    for (const send of [ask, askByUrl]) {
      const response = await send(params, {}, strict);
      expect(response.status).toBe(403);
      expect(await codeOf(response)).toBe('DOCUMENT_NOT_TRUSTED');
    }
    expect(strict.cost()).toEqual({ statements: [], requests: [] });
  });

  test.each([
    ['none', {}],
    ['one of another type', { query: 5 }],
  ])('a request with %s is told so', async (_, params) => {
    expect((await ask(params, {}, strict)).status).toBe(400);
  });
});

function ask(params: Params, headers: Record<string, string> = {}, { app } = gather): Promise<Response> {
  const init = { method: 'POST', headers: { ...HEADERS, ...headers }, body: JSON.stringify(params) };
  return app.fetch('http://gather/graphql', init);
}

function askByUrl(params: Params, headers: Record<string, string> = {}, { app } = gather): Promise<Response> {
  return app.fetch(toUrl('http://gather', params), { headers: { ...HEADERS, ...headers } });
}

async function codeOf(response: Response): Promise<string | undefined> {
  return (await response.json()).errors?.[0].extensions.code;
}

/** What is asked for at the same time comes in any order. */
function sorted({ statements, requests }: ReturnType<TestApp['cost']>) {
  return { statements: statements.sort(), requests: requests.sort() };
}
