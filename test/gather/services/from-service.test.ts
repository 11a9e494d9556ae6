import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type App, defineApp, defineService } from 'gather';
import { readContract } from 'gather/codegen';
import { hangs, startTestApp, type TestRequest } from 'gather/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assertSound } from '../../../src/gather/check.ts';
import { toServerConfig } from '../../../src/gather/commands/server-config.ts';
import { readConfig } from '../../../src/gather/config.ts';
import { secretsOf } from '../../../src/gather/monitoring/secrets.ts';
import { Author } from '../library/books/Author.ts';
import { library } from '../library/index.ts';

const FILE = new URL('members.openapi.json', import.meta.url);
const { contract } = readContract(await readFile(FILE, 'utf8'), { service: 'members', file: 'members.json' });
const members = defineService(contract, {
  bulk: {
    searchMembers: { in: 'body.memberIds', max: 50, out: 'members[]', by: 'id' },
    getMembersByIdPoints: { in: 'path.id', out: 'points' },
  },
});

const declared = { kind: 'fromService', service: 'members', by: 'id' };
const MEMBER = {
  ...Author,
  nickname: { ...declared, operation: 'searchMembers', select: 'name' },
  level: { ...declared, operation: 'searchMembers', select: 'level' },
  points: { ...declared, operation: 'getMembersByIdPoints', select: undefined },
};
const FIELDS = '  nickname: String\n  level: String\n  points: Float\n';
const PAGE = '{ books { nodes { title author { nickname level points } } } }';

let directory: string;
let app: App;

/** The library, whose authors are members of a service. */
function withAuthor(fields: object): App {
  const { database, types, resolvers, loaders, services, migrations, attachments, settings } = library;
  const given = { database, loaders, migrations, attachments, settings, resolvers: { ...resolvers, Author: fields } };
  return defineApp({
    ...given,
    name: 'Library',
    schema: pathToFileURL(join(directory, 'schema.graphql')),
    // The engine adds its own again.
    types: Object.fromEntries(Object.entries(types).filter(([, table]) => !table.startsWith('gather.'))),
    services: { ...services, members },
    tasks: library.tasks.filter(({ name }) => name === 'add' || name === 'remind'),
  });
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gather-members-'));
  await writeFile(
    join(directory, 'schema.graphql'),
    library.sdl.replace('type Author implements Node {\n', `$&${FIELDS}`),
  );
  app = withAuthor(MEMBER);
});
afterAll(() => rm(directory, { recursive: true }));

const AUTHORS = `
  with authors as (insert into author (name) values ('Ann'), ('Bob'), ('Cid') returning id)
  insert into book (isbn, title, "authorId") select 'ISBN-' || id || n, id || ' ' || n, id from authors, generate_series(1, 2) n`;

/** Knows two of three members, and the points of the first. */
function answer({ pathname }: URL, { body }: TestRequest): unknown {
  if (pathname === '/members/search') {
    const all = [
      { id: 2, name: 'Bobby', level: null },
      { id: 1, name: 'Annie', level: 'GOLD' },
    ];
    return { members: all.filter(({ id }) => (body as { memberIds: number[] }).memberIds.includes(id)) };
  }
  return pathname === '/members/1/points' ? { points: 7 } : undefined;
}

test('fields of all rows are one call in bulk, and one for each key where there is no bulk', async () => {
  await using running = await startTestApp(app, { services: { members: answer } });
  await running.ask(AUTHORS);
  const { data, errors, extensions } = await running.query(PAGE);
  expect(errors).toBeUndefined();
  expect(extensions?.timing.calls.every(({ outcome }: { outcome: string }) => outcome === 'ok')).toBe(true);
  const ann = { nickname: 'Annie', level: 'GOLD', points: 7 };
  const bob = { nickname: 'Bobby', level: null, points: null };
  const cid = { nickname: null, level: null, points: null };
  expect(data.books.nodes.map(({ author }: { author: object }) => author)).toEqual([ann, ann, bob, bob, cid, cid]);
  const { statements, calls } = running.sent();
  expect(statements).toHaveLength(2);
  const expected = ['/members/search', '/members/1/points', '/members/2/points', '/members/3/points'];
  expect(calls.sort()).toEqual(expected.sort());
});

test('a service that hangs costs its own fields only', async () => {
  const environment = { MEMBERS_TIMEOUT_MS: '100' };
  await using running = await startTestApp(app, { services: { members: hangs }, environment });
  await running.ask(AUTHORS);
  const { data, errors } = await running.query('{ books(first: 1) { nodes { title author { name points } } } }');
  expect(data.books.nodes).toEqual([{ title: '1 1', author: { name: 'Ann', points: null } }]);
  const path = ['books', 'nodes', 0, 'author', 'points'];
  expect(errors).toMatchObject([{ path, extensions: { code: 'UPSTREAM_TIMEOUT', source: 'members' } }]);
});

test('a token goes to its service, and into no answer', async () => {
  const sent: unknown[] = [];
  const members = (url: URL, request: TestRequest) => {
    sent.push(request.headers.authorization);
    return answer(url, request);
  };
  const environment = { MEMBERS_TOKEN: 'to-ken-of-members' };
  await using running = await startTestApp(app, { services: { members }, environment });
  await running.ask(AUTHORS);
  const found = await running.query('{ books(first: 1) { nodes { author { nickname } } } }');
  expect(sent).toEqual(['Bearer to-ken-of-members']);
  expect(found.extensions?.timing.calls).toMatchObject([{}, {}, { name: 'members.searchMembers', keys: 1 }]);
  running.setService('members', () => ({ members: 7 }));
  const failed = await running.query('{ books(first: 1) { nodes { author { nickname } } } }');
  expect(failed.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID' } }]);
  expect(JSON.stringify([found, failed])).not.toContain('to-ken');
});

test('tokens, passwords and keys are settings, and secrets', () => {
  const environment = {
    RATINGS_URL: 'http://r.example',
    SHELVES_URL: 'http://s.example',
    MEMBERS_URL: 'http://m.example',
  };
  const secrets = { MEMBERS_TOKEN: 'token-1', MEMBERS_BASIC_AUTH: 'ann:pass', MEMBERS_APP_KEY: 'key-2' };
  const read = (given: object) =>
    toServerConfig(app, readConfig(app, [], { ...environment, ...given }), 'postgres://db/x');
  const { services, store } = read(secrets);
  const credentials = { token: 'token-1', user: 'ann:pass', appKey: 'key-2' };
  expect(services['members']).toEqual({ url: 'http://m.example', timeoutMs: undefined, credentials });
  expect(secretsOf({ services, store }).filter(Boolean)).toEqual(['token-1', 'ann:pass', 'pass', 'key-2']);
  expect(read({ MEMBERS_TOKEN: 'token-1' }).services['members']?.credentials).toEqual({ token: 'token-1' });
  expect(() => read({})).toThrow('MEMBERS_TOKEN: expected, because the service members asks for it, but not set');
  expect(() => read({ MEMBERS_TOKEN: 'a\nb' })).toThrow(
    /MEMBERS_TOKEN: expected printable characters of ASCII, as an HTTP header can have$/,
  );
});

test('a field of an operation that is not declared, or of a column that is not there, is a fault', () => {
  const wrong = withAuthor({
    ...MEMBER,
    points: { ...MEMBER.points, operation: 'getPoints', by: 'number' },
    level: { ...MEMBER.level, service: 'people' },
  });
  expect(() => assertSound(wrong)).toThrow(
    [
      'Library cannot run:',
      '  Author.level: `bulk` of the service people has no searchMembers. Declare it there.',
      '  Author.points: `bulk` of the service members has no getPoints. Declare it there.',
      '  Author.points: no column "number" in table author. Correct its `fromService`.',
    ].join('\n'),
  );
});
