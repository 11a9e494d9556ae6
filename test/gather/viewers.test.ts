import type { App } from 'gather';
import { signedIn, startTestApp } from 'gather/testing';
import { expect, test } from 'vitest';
import { library } from './library/index.ts';
import { startLibrary } from './library-app.ts';

const ANN = { viewer: signedIn('MEMBER', 'user:ann') };
const BOB = { viewer: signedIn('MEMBER', 'user:bob') };
const STAFF = { viewer: signedIn('STAFF', 'user:staff') };
const LOANS = '{ loans { nodes { id dueOn } } }';
const LEND = 'mutation ($id: ID!) { lendBook(input: { bookId: $id }) { loan { dueOn } userErrors { code field } } }';

test('a member has their own loans, STAFF those of all, and nobody else any', async () => {
  await using app = await startLibrary();
  const nobody = await app.query(LOANS);
  expect(nobody.data.loans).toBeNull();
  expect(nobody.errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  expect((await app.query(LOANS, {}, ANN)).data.loans.nodes).toHaveLength(1);
  expect((await app.query(LOANS, {}, BOB)).data.loans.nodes).toEqual([]);
  expect((await app.query(LOANS, {}, STAFF)).data.loans.nodes).toHaveLength(1);
});

test('what belongs to somebody else is not there, by its ID neither', async () => {
  await using app = await startLibrary();
  const ask = async (asking: typeof ANN) =>
    (await app.query('query ($id: ID!) { node(id: $id) { id ... on Loan { dueOn } } }', { id: btoa('Loan:1') }, asking))
      .data.node;
  expect(await ask(ANN)).toMatchObject({ dueOn: '2026-01-01' });
  expect(await ask(STAFF)).toMatchObject({ dueOn: '2026-01-01' });
  expect(await ask(BOB)).toBeNull();
});

test('a field that requires a role is refused to a lesser one', async () => {
  await using app = await startLibrary();
  const { errors } = await app.query('{ books { nodes { loans { totalCount } } } }', {}, ANN);
  expect(errors?.[0]?.extensions?.['code']).toBe('FORBIDDEN');
});

test('a mutation says what the database refuses, and takes its settings', async () => {
  await using app = await startLibrary({ environment: { LOAN_DAYS: '1' } });
  expect((await app.query(LEND, { id: btoa('Book:1') })).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
  const lent = await app.query(LEND, { id: btoa('Book:1') }, BOB);
  expect(lent.data.lendBook).toEqual({ loan: { dueOn: tomorrow }, userErrors: [] });
  const again = await app.query(LEND, { id: btoa('Book:1') }, ANN);
  expect(again.data.lendBook).toEqual({ loan: null, userErrors: [{ code: 'CONFLICT', field: ['bookId'] }] });
});

/** The library with what an application may do without: attachments, documents, and fields of the engine. */
const { documents: _, ...rest } = library;
const mutations = Object.entries(library.resolvers['Mutation'] ?? {});
const bare: App = {
  ...rest,
  attachments: {},
  resolvers: {
    ...library.resolvers,
    Mutation: Object.fromEntries(mutations.filter(([name]) => name !== 'uploadFile' && name !== 'createUpload')),
  },
  sdl: library.sdl.replaceAll(/^ {2}(deleteFile|cancelJob|retryJob|signOut|thumbnail|attempts)\b.*\n/gm, ''),
};

test('an application has those fields of the engine that its SDL declares, and needs no attachments', async () => {
  await using app = await startTestApp(bare);
  const body = new FormData();
  const query =
    'mutation ($file: File!) { uploadFile(input: { file: $file }) { file { name type size } userErrors { code } } }';
  body.set('operations', JSON.stringify({ query, variables: { file: null } }));
  body.set('map', JSON.stringify({ 0: ['variables.file'] }));
  body.set('0', new File(['Read me.'], 'read.txt'));
  const headers = { 'x-gather-preflight': '1' };
  const response = await app.server.fetch('http://gather/graphql', { method: 'POST', headers, body }, ANN);
  const { data, errors } = (await response.json()) as { data: unknown; errors?: unknown };
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({ uploadFile: { file: { name: 'read.txt', size: 8 }, userErrors: [] } });
  expect(await app.ask('select owner from gather.file')).toEqual([{ owner: 'user:ann' }]);

  const announce = 'mutation { createUpload(input: { name: "a", size: 1 }) { upload { url } userErrors { code } } }';
  expect((await app.query(announce, {}, ANN)).data.createUpload).toEqual({
    upload: { url: expect.stringMatching(/\/uploads\/[\w-]{43}$/) },
    userErrors: [],
  });
  const [fault] = (await app.query('mutation { signOut { signedOut } }', {}, ANN)).errors ?? [];
  expect(fault?.message).toMatch(/^Cannot query field "signOut"/);
});
