import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toDocumentId } from '../../../src/gather/graphql/documents/document-id.ts';
import type { Viewer } from '../../../src/gather/viewer.ts';
import { ANONYMOUS, SIGNED_IN, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';
import { type Params, toUrl } from '../../helpers/documents.ts';

const QUERY = '{ catalogue { count } }';
const HEADERS = { accept: 'application/graphql-response+json', 'content-type': 'application/json' };
const ORIGIN = 'https://pages.example';
/** Of a document that the server knows. */
const FRONT = await readFile(new URL('../library/documents/front.graphql', import.meta.url), 'utf8');

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ cacheSeconds: 60, corsOrigins: [ORIGIN] });
  ({ url } = await gather.app.start());
});
afterAll(() => gather.close());

describe('a whole answer to a GET that says nothing of who sends it', () => {
  test('may be kept by all for as long as the settings say', async () => {
    for (const params of [{ query: QUERY }, { documentId: toDocumentId(FRONT) }]) {
      const response = await get(params);
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=60');
    }
  });

  test('names all that it differs by, also on a socket and for a page of another origin', async () => {
    const response = await fetch(toUrl(url, { query: QUERY }), { headers: { ...HEADERS, origin: ORIGIN } });
    expect(await response.json()).toMatchObject({ data: { catalogue: { count: expect.any(Number) } } });
    expect(response.headers.get('cache-control')).toBe('public, max-age=60');
    expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    const names = response.headers.get('vary')?.toLowerCase().split(', ');
    for (const name of ['accept', 'authorization', 'cookie', 'origin', 'x-gather-timing'])
      expect(names).toContain(name);
  });

  test('says nothing of what one sender has left', async () => {
    const { extensions } = await (await get({ query: QUERY })).json();
    expect(Object.keys(extensions)).toEqual(['timing']);
    const own = await (await get({ query: QUERY }, {}, SIGNED_IN)).json();
    expect(own.extensions).toHaveProperty('cost.throttleStatus');
  });

  test('is kept by nobody where the settings do not say how long', async () => {
    const careful = await startTestApp();
    const response = await careful.app.fetch(
      toUrl('http://gather', { query: QUERY }),
      { headers: HEADERS },
      { viewer: ANONYMOUS },
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('vary')).toBeNull();
    await careful.close();
  });
});

describe('nobody keeps', () => {
  test.each([
    ['a member', SIGNED_IN],
    ['staff', STAFF],
  ])('what %s is answered', async (_, viewer) => {
    await isNotKept(await get({ query: QUERY }, {}, viewer), 200);
  });

  test.each([
    ['a token', { authorization: 'Bearer of-nobody' }, 401],
    ['the cookie of a session', { cookie: 'gather_session=of-nobody' }, 200],
    ['another cookie', { cookie: 'theme=dark' }, 200],
  ])('what whoever sends %s is answered', async (_, headers, status) => {
    await isNotKept(await fetch(toUrl(url, { query: QUERY }), { headers: { ...HEADERS, ...headers } }), status);
  });

  test('the answer to a POST', async () => {
    const init = { method: 'POST', headers: HEADERS, body: JSON.stringify({ query: QUERY }) };
    await isNotKept(await gather.app.fetch('http://gather/graphql', init, { viewer: ANONYMOUS }), 200);
  });

  test('an answer with an error, even beside data', async () => {
    gather.services.ratings.fault = 'garbage';
    const response = await get({ query: '{ front { pick { title } } catalogue { count } }' });
    expect(await response.clone().json()).toMatchObject({ data: { catalogue: {} }, errors: [{}] });
    await isNotKept(response, 200);
    gather.services.reset();
  });

  test.each([
    ['that cannot be parsed', { query: '{' }, 400],
    ['that is not valid', { query: '{ nothing }' }, 400],
    ['that is none', {}, 400],
    ['that is a mutation', { query: 'mutation { add(x: 1, y: 1) { job { id } } }' }, 405],
    ['that is not known', { documentId: toDocumentId('') }, 404],
  ])('why an operation was refused %s', async (_, params, status) => {
    await isNotKept(await get(params), status);
  });

  test('why a request was refused', async () => {
    await isNotKept(await get({ query: QUERY }, { accept: 'image/png' }), 406);
    const init = { method: 'POST', body: QUERY, headers: { 'content-type': 'text/plain' } };
    await isNotKept(await gather.app.fetch('http://gather/graphql', init), 415);
  });

  test.each(['multipart/mixed', 'text/event-stream'])('an answer in parts, as %s', async (accept) => {
    const response = await get({ query: '{ catalogue { count } ... @defer { about { name } } }' }, { accept });
    expect(response.headers.get('content-type')).toContain(accept);
    await isNotKept(response, 200);
  });
});

function get(params: Params, headers: Record<string, string> = {}, viewer: Viewer = ANONYMOUS): Promise<Response> {
  return gather.app.fetch(toUrl('http://gather', params), { headers: { ...HEADERS, ...headers } }, { viewer });
}

async function isNotKept(response: Response, status: number): Promise<void> {
  expect(response.status).toBe(status);
  expect(response.headers.get('cache-control')).toBe('no-store');
  await response.text();
}
