import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { migrate } from '../../../src/gather/database/migrate.ts';
import { startEmbeddedPostgres } from '../../../src/gather/embedded-postgres/embedded-postgres.ts';
import { type Answer, PATIENT, startTestApp } from '../../helpers/app.ts';
import { TEST_SCHEMAS } from '../../helpers/database.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fixture } from '../fixture.ts';

const UNAVAILABLE = { code: 'DATABASE_UNAVAILABLE', source: 'postgres', retryable: true };
const PAGE = '{ about { name } front { pick { title } } book(by: { isbn: "ISBN-00001" }) { title isLent } }';

test('the server survives a restart of its database under load', async () => {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'gather-restart-'));
  stack.defer(() => rm(dataDir, { recursive: true }));
  const first = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  stack.defer(() => first.stop());
  const { databaseUrl } = first;
  await migrate(databaseUrl, { ...TEST_SCHEMAS, migrations: fixture.app.migrations });
  await fixture.seed(databaseUrl);
  const gather = await startTestApp({ ...PATIENT, databaseUrl, isDevelopment: false });
  stack.defer(() => gather.close());

  const answers: Answer[] = [];
  const load = new AbortController();
  const clients = Array.from({ length: 20 }, async () => {
    while (!load.signal.aborted) {
      answers.push(await gather.query(PAGE));
      await sleep(5);
    }
  });
  const readiness = async () => (await gather.app.fetch('http://gather/ready')).status;

  await eventually(() => expect(answers.length).toBeGreaterThan(50));
  expect(await readiness()).toBe(200);
  await first.stop();

  await eventually(() => expect(answers.at(-1)?.errors).toBeDefined());
  expect(await readiness()).toBe(503);
  const { data, errors } = await gather.query(PAGE);
  expect(data).toEqual({
    about: { name: expect.any(String) },
    front: { pick: { title: expect.any(String) } },
    book: null,
  });
  expect(errors).toMatchObject([{ path: ['book'], extensions: UNAVAILABLE }]);

  const second = await startEmbeddedPostgres({
    dataDir,
    settings: { fsync: 'off', port: new URL(databaseUrl).port },
  });
  stack.defer(() => second.stop());
  // So many in a row that none is under way any more that began before.
  await eventually(() => expect(answers.slice(-100).filter(({ errors: failures }) => failures)).toEqual([]));
  expect(await readiness()).toBe(200);
  const from = answers.length;
  await eventually(() => expect(answers.length).toBeGreaterThan(from + 100));
  load.abort();
  await Promise.all(clients);

  const failed = answers.flatMap((answer) => answer.errors ?? []);
  expect(failed.length).toBeGreaterThan(0);
  for (const error of failed) expect(error.extensions).toEqual(UNAVAILABLE);
  for (const answer of answers) expect(answer.data.front.pick.title).toEqual(expect.any(String));
  for (const answer of answers.slice(from)) expect(answer.errors).toBeUndefined();
});
