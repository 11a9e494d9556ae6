import { signedIn } from 'gather/testing';
import { expect, test } from 'vitest';
import { startLibrary } from './library-app.ts';

const STAFF = { viewer: signedIn('STAFF') };
const RUN = 'mutation { runSchedule(name: "remindAll") { job { id state } userErrors { message } } }';
const JOB = 'query ($id: ID!) { job(id: $id) { task state result } }';

test.each<{ name: string; environment: Record<string, string> }>([
  { name: 'in the schemas of the engine', environment: {} },
  {
    name: 'in schemas of other names',
    environment: { GATHER_SCHEMA: 'engine_room', GATHER_JOBS_SCHEMA: 'engine_queue' },
  },
])('a job runs $name', async ({ environment }) => {
  await using app = await startLibrary({ environment });
  await app.startWorker();
  const { data } = await app.query(RUN, {}, STAFF);
  expect(data.runSchedule).toMatchObject({ job: { state: 'PENDING' }, userErrors: [] });
  const { id } = data.runSchedule.job;
  await expect
    .poll(async () => (await app.query(JOB, { id }, STAFF)).data.job)
    .toEqual({ task: 'remind', state: 'SUCCEEDED', result: { reminded: 1 } });
  expect(await app.ask('select reminded from lending.loan')).toEqual([{ reminded: true }]);
});

test('nothing of the engine is outside of the schemas that the settings name', async () => {
  const environment = { GATHER_SCHEMA: 'engine_room', GATHER_JOBS_SCHEMA: 'engine_queue' };
  await using app = await startLibrary({ environment });
  const schemas = await app.ask<{ schema: string; tables: string[] }>(
    `select table_schema as schema, array_agg(table_name::text order by table_name) as tables from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') group by 1 order by 1`,
  );
  expect(schemas.map(({ schema }) => schema)).toEqual(['engine_queue', 'engine_room', 'lending', 'public']);
  expect(schemas.at(-1)?.tables).toEqual(['author', 'book', 'bookGenre', 'genre', 'sequel']);
});
