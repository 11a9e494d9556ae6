import { randomUUID } from 'node:crypto';
import type { App } from 'gather';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { assertServable } from '../../../src/gather/commands/access.ts';
import { readConfig } from '../../../src/gather/config.ts';
import { type ForeignDatabase, foreignDatabase } from '../../helpers/foreign-database.ts';
import { filmRental } from './index.ts';

const ID = randomUUID().slice(0, 8);
/** The role of the server, and the one of customers. */
const SHOP = `shop_${ID}`;
const CUSTOMER = `customer_${ID}`;
const POLICY = `alter table rental enable row level security;
  create policy own on rental using (customer_id::text = current_setting('app.customer_id', true))`;

let database: ForeignDatabase;

beforeAll(async () => {
  database = await foreignDatabase('test/gather/film-rental/schema.sql');
  await database.run(`create role ${SHOP} login password 'shop'; create role ${CUSTOMER};
    grant usage on schema public, accounting to ${SHOP};
    grant select on all tables in schema public, accounting to ${SHOP}; ${POLICY}`);
});
beforeEach(() => database.run(`revoke ${CUSTOMER} from ${SHOP}; alter table rental owner to current_user`));
afterAll(async () => {
  await database.run(`drop owned by ${SHOP}; drop role ${SHOP}, ${CUSTOMER}`);
  await database[Symbol.asyncDispose]();
});

const asShop = () => Object.assign(new URL(database.databaseUrl), { username: SHOP, password: 'shop' }).href;

/** What is said of the film rental, whose migrations are its owners'. */
async function faultsOf(
  rowLevelSecurity: NonNullable<App['rowLevelSecurity']>,
  { url = asShop(), replica = '' } = {},
): Promise<string[]> {
  const app = { ...filmRental, migrations: {}, rowLevelSecurity };
  const config = readConfig(app, [], { DATABASE_REPLICA_URL: replica });
  const message = await assertServable(app, url, config).then(
    () => '',
    (error) => error.message,
  );
  return message.split('\n').slice(1);
}

const ofCustomers: NonNullable<App['rowLevelSecurity']> = ({ role, user }) =>
  role === 'STAFF' ? {} : { 'app.customer_id': user?.owner ?? '' };

const BYPASSED = `  rowLevelSecurity of ANONYMOUS, CUSTOMER: the policies of public.rental do not hold for gather, a superuser or a role with bypassrls. Connect as a lesser role, or let it return one as \`role\`.`;

test('a role that policies hold for serves', async () => {
  expect(await faultsOf(ofCustomers)).toEqual([]);
});

test('a superuser is refused, unless the settings name another role', async () => {
  const url = database.databaseUrl;
  expect(await faultsOf(ofCustomers, { url })).toEqual([BYPASSED]);
  expect(await faultsOf((viewer) => ({ role: CUSTOMER, ...ofCustomers(viewer) }), { url })).toEqual([]);
});

test('so is another user of the replica', async () => {
  expect(await faultsOf(ofCustomers, { replica: database.databaseUrl })).toEqual([BYPASSED]);
});

test('the owner of a table is refused, until its policies are forced', async () => {
  await database.run(`alter table rental owner to ${SHOP}`);
  const [fault = '', ...others] = await faultsOf(ofCustomers);
  expect(others).toEqual([]);
  expect(fault).toBe(
    `  rowLevelSecurity of ANONYMOUS, CUSTOMER: the policies of public.rental do not hold for ${SHOP}, the owner. Run ` +
      '`alter table public.rental force row level security` in psql, connect as another role, or let it return one as `role`.',
  );
  await database.run(/`(.*?)`/.exec(fault)?.[1] ?? '');
  expect(await faultsOf(ofCustomers)).toEqual([]);
  await database.run('alter table rental no force row level security');
});

test('a role that may not be set is refused with the grant', async () => {
  const [fault = '', ...others] = await faultsOf(({ role }) => (role === 'CUSTOMER' ? { role: CUSTOMER } : {}));
  expect(others).toEqual([]);
  expect(fault).toBe(
    `  rowLevelSecurity of CUSTOMER: PostgreSQL refuses its role: permission denied to set role "${CUSTOMER}". ` +
      `Run \`grant "${CUSTOMER}" to "${SHOP}"\` in psql.`,
  );
  await database.run(/`(.*)`/.exec(fault)?.[1] ?? '');
  expect(await faultsOf(() => ({ role: CUSTOMER }))).toEqual([]);
});

test('a role that there is not, a name that PostgreSQL refuses, and a value that is no text are refused', async () => {
  const of = 'rowLevelSecurity of ANONYMOUS, CUSTOMER, STAFF:';
  expect(await faultsOf(() => ({ role: 'nobody_at_all' }))).toEqual([
    `  ${of} PostgreSQL refuses its role: role "nobody_at_all" does not exist. Create the role, or correct its name.`,
  ]);
  expect(await faultsOf(() => ({ customer: '' }))).toEqual([
    `  ${of} PostgreSQL refuses its settings: unrecognized configuration parameter "customer". A setting of your own has a dot in its name, such as app.customer_id.`,
  ]);
  expect(await faultsOf(() => ({ 'app.customer': undefined as unknown as string }))).toEqual([
    `  ${of} Expected of rowLevelSecurity a text as the setting app.customer, got undefined.`,
  ]);
});

test('what only a user decides is left to their requests', async () => {
  expect(await faultsOf(({ user }) => (user ? { role: `role_of_${user.owner}` } : {}))).toEqual([]);
  const strict: NonNullable<App['rowLevelSecurity']> = ({ user }) => {
    if (user) throw new Error(`There is no customer ${user.owner}.`);
    return {};
  };
  expect(await faultsOf(strict)).toEqual([]);
});
