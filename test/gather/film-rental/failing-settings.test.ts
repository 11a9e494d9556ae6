import type { App, Context } from 'gather';
import { signedIn, startTestApp } from 'gather/testing';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { filmRental } from './index.ts';

/** More than a connection has names for. */
const STATEMENTS = 520;

const app: App = {
  ...filmRental,
  rowLevelSecurity: ({ role, user }) => (role === 'STAFF' ? {} : { role: user?.owner ?? '' }),
  resolvers: { ...filmRental.resolvers, Query: { ...filmRental.resolvers['Query'], film: runText } },
};

/** Runs the SQL that the test gives as the title. */
async function runText(_: unknown, { title: text }: { title: string }, { database }: Context) {
  const statement = database.bind<{ title: string }>(text, () => sql.raw(text), {});
  return (await database.run(statement, { name: 'text' })).rows[0];
}

test('settings that fail leave a connection on which every statement still runs', { timeout: 60_000 }, async () => {
  await using running = await startTestApp(app, { environment: { DATABASE_CONNECTIONS: '1' } });
  const ask = async (title: string, viewer: ReturnType<typeof signedIn>) => {
    const text = `select '${title}'::text as title`;
    const { data } = await running.query(
      'query ($text: String!) { film(title: $text) { title } }',
      { text },
      { viewer },
    );
    return data.film?.title;
  };
  const staff = signedIn('STAFF', 'staff');
  const nobody = signedIn('CUSTOMER', 'no_such_role');
  for (let index = 0; index < STATEMENTS; index++) await ask(`${index}`, staff);
  // Used often enough to take the name of another statement, while its settings fail.
  for (let time = 0; time < 4; time++) expect(await ask('wanted', nobody)).toBeUndefined();
  for (let time = 0; time < 3; time++) expect(await ask('wanted', staff)).toBe('wanted');
  expect(await ask('1', staff)).toBe('1');
});
