import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createToken, hashToken } from '../../src/gather/accounts/token.ts';
import { type ForeignDatabase, foreignDatabase } from '../helpers/foreign-database.ts';
import { AUDIENCE, ISSUER, type Issuer, startIssuer } from '../helpers/issuer.ts';
import { Program } from '../helpers/program.ts';

const ROLE = `gather_test_${randomUUID().slice(0, 8)}`;
const LACKS =
  `The role ${ROLE} finds no tables of Gather in this database. Sign-in with a password, files, jobs and schedules do not ` +
  'work; everything else does. For all of it, run `npm run gather migrate` as a role that may create schemas, and start again.\n';
const FIRST = '{ films(first: 1) { nodes { title language { name } } } }';
const FILM = { films: { nodes: [{ title: expect.any(String), language: { name: expect.any(String) } }] } };
const SIGN_IN = 'mutation { signIn(input: { email: "ann@rental.example", password: "hickory and oak" }) { token } }';
const CHANGE = 'mutation { updateFilm(input: { id: "RmlsbTox", title: "X" }) { film { title } } }';
const UNSUPPORTED = { code: 'UNSUPPORTED', source: 'postgres', retryable: false };
const NO_TABLES = 'This needs tables that the database of this server does not have.';
const FORBIDDEN = 'This server may not do this in its database.';

let database: ForeignDatabase;
let issuer: Issuer;

beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.server.close());

beforeEach(async () => {
  database = await foreignDatabase('test/gather/film-rental/schema.sql', 'test/gather/film-rental/seed.sql');
  await database.run(`
    create role ${ROLE} login password 'reads-only';
    grant usage on schema public, accounting to ${ROLE};
    grant select on all tables in schema public, accounting to ${ROLE};`);
  return async () => {
    await database.run(`drop owned by ${ROLE}; drop role ${ROLE}`);
    await database[Symbol.asyncDispose]();
  };
});

describe('on a database without the tables of the engine, as a role that may only read', () => {
  test.each(['serve', 'serve --processes 2', 'start', 'dev'])(
    '%s serves reads, and says once what does not work',
    async (words) => {
      await using server = run(words);
      const url = await server.url();
      expect(await ask(url, `{ ${FIRST.slice(1, -1)} viewer { name } }`)).toEqual({ data: { ...FILM, viewer: null } });
      expect((await fetch(`${url}/health`)).status).toBe(200);
      expect(await (await fetch(`${url}/ready`)).json()).toEqual({ isReady: true, services: {} });

      expect(await ask(url, SIGN_IN)).toEqual(refused('signIn', NO_TABLES));
      const token = await issuer.sign({ role: 'STAFF' });
      expect(
        await ask(
          url,
          `{ viewer { name } ${FIRST.slice(1, -1)} job(id: "Sm9iOjE=") { task } schedules { name } }`,
          token,
        ),
      ).toMatchObject({
        data: { ...FILM, viewer: { name: 'ann' }, job: null },
        errors: expect.arrayContaining([
          { message: NO_TABLES, path: ['job'], extensions: UNSUPPORTED, locations: expect.any(Array) },
        ]),
      });
      expect(
        await ask(url, 'mutation { createUpload(input: { name: "a", size: 1 }) { upload { url } } }', token),
      ).toEqual(refused('createUpload', NO_TABLES));
      expect(await ask(url, FIRST, `gather_${'a'.repeat(43)}`)).toEqual({ data: FILM });
      expect(await ask(url, CHANGE)).toEqual(refused('updateFilm', FORBIDDEN));
      for (const [method, path] of [
        ['GET', `files/${randomUUID()}`],
        ['HEAD', `uploads/${'a'.repeat(43)}`],
      ] as const) {
        const response = await fetch(`${url}/${path}`, { method });
        expect([path, response.status]).toEqual([path, 501]);
        if (method === 'GET')
          expect(await response.json()).toMatchObject({
            errors: [{ message: NO_TABLES, extensions: { code: 'UNSUPPORTED' } }],
          });
      }

      server.pressCtrlC();
      expect(await server.exit()).toMatchObject({ code: 0 });
      expect(server.stdout.split(LACKS)).toHaveLength(2);
      expect(server.stdout).toContain('permission denied for table film');
      expect(server.stdout).not.toMatch(/WARN|ERROR|worker/);
      expect(server.stderr).toBe('');
    },
  );
});

test('`check` needs no tables of the engine, and `serve --wait` waits for them', async () => {
  await using check = run('check');
  expect(await check.exit()).toMatchObject({ code: 0 });
  expect(check.stdout).toBe('Each field has a source, and the database has the columns that are read.\n');
  await using server = run('serve --wait');
  await server.said(
    /^Waiting: The database lacks the migrations 0001-jobs, .*, and the job queue: run `npm run gather migrate`/,
  );
});

describe('on a database with the tables of the engine', () => {
  const token = createToken();
  beforeEach(async () => {
    await using migrated = run('migrate', { DATABASE_URL: database.databaseUrl });
    expect(await migrated.exit()).toMatchObject({ code: 0 });
    await database.run(`
      grant usage on schema gather, gather_jobs to ${ROLE};
      grant select on all tables in schema gather, gather_jobs to ${ROLE};
      insert into gather."user" (email, name, role, "passwordHash") values ('ann@rental.example', 'Ann', 'STAFF', '');
      insert into gather.session ("userId", "tokenHash", "expiresAt")
        select id, '${hashToken(token)}', now() + interval '1 day' from gather."user";`);
  });

  test('a role that may only read them serves sessions too, and is told the grants for the rest', async () => {
    await using server = run('start');
    const url = await server.url();
    const [, grant = ''] = await server.said(/^Gather starts:\n(.*)\n/);
    expect(grant).toBe(
      `The role ${ROLE} may not write the tables of Gather. Sign-in with a password, uploads, jobs and schedules do not work; ` +
        'reads do. For all of it, run `grant insert, update, delete on all tables in schema gather, gather_jobs to ' +
        `${ROLE}\` in psql, and start again.`,
    );
    const query = `{ viewer { name } ${FIRST.slice(1, -1)} jobs { nodes { task } } schedules { name } }`;
    expect(await ask(url, query, token)).toEqual({
      data: { ...FILM, viewer: { name: 'Ann' }, jobs: { nodes: [] }, schedules: expect.any(Array) },
    });
    expect(await ask(url, SIGN_IN)).toEqual(refused('signIn', FORBIDDEN));
    expect((await fetch(`${url}/ready`)).status).toBe(200);
    server.pressCtrlC();
    expect(await server.exit()).toMatchObject({ code: 0 });
    expect(server.stdout).not.toMatch(/WARN|ERROR|worker \(/);

    await using worker = run('work');
    expect(await worker.exit()).toMatchObject({ code: 1 });
    expect(worker.stderr).toBe(`A worker cannot run. ${grant}\n`);

    await database.run(/`(.*)`/.exec(grant)?.[1] ?? '');
    await using complete = run('start');
    const wrong = { code: 'WRONG_CREDENTIALS', message: expect.any(String) };
    expect(await ask(await complete.url(), SIGN_IN.replace('{ token }', '{ userErrors { code message } }'))).toEqual({
      data: { signIn: { userErrors: [wrong] } },
    });
    expect(complete.stdout).toMatch(/^ {2}worker \(/m);
    expect(complete.stdout).not.toContain(ROLE);
  });

  test('a role whose transactions are read-only serves reads, and its database does not count as lost', async () => {
    await database.run(`
      grant all on all tables in schema gather, gather_jobs, public to ${ROLE};
      alter role ${ROLE} set default_transaction_read_only = on;`);
    await using server = run('serve');
    const url = await server.url();
    expect(server.stdout).toMatch(
      new RegExp(
        `^The role ${ROLE} may only read this database\\. Sign-in with a password, uploads, jobs and schedules do not work; ` +
          'reads do\\. For all of it, start with a role and a server that may write\\.\\n',
      ),
    );
    expect(await ask(url, FIRST, token)).toEqual({ data: FILM });
    const message = 'This server may only read its database.';
    expect(await ask(url, SIGN_IN)).toEqual(refused('signIn', message));
    expect(await ask(url, CHANGE)).toEqual(refused('updateFilm', message));
    expect(await ask(url, FIRST)).toEqual({ data: FILM });
    server.pressCtrlC();
    expect(await server.exit()).toMatchObject({ code: 0 });
    expect(server.stdout).not.toMatch(/WARN|ERROR/);
  });
});

function refused(field: string, message: string) {
  return {
    data: { [field]: null },
    errors: [{ message, path: [field], locations: expect.any(Array), extensions: UNSUPPORTED }],
  };
}

function readerUrl(): string {
  const url = new URL(database.databaseUrl);
  url.username = ROLE;
  url.password = 'reads-only';
  return url.href;
}

function run(words: string, settings: Record<string, string> = {}): Program {
  return new Program(process.execPath, ['test/gather/film-rental/program.ts', ...words.split(' ')], {
    DATABASE_URL: readerUrl(),
    PORT: '0',
    NODE_ENV: 'test',
    LOG: 'words',
    JWT_JWKS_URL: issuer.jwksUrl,
    JWT_ISSUER: ISSUER,
    JWT_AUDIENCE: AUDIENCE,
    ...settings,
  });
}

async function ask(url: string, query: string, token?: string) {
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
  const { extensions: _, ...answer } = (await response.json()) as any;
  return answer;
}
