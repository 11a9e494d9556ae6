import type pg from 'pg';
import type { App } from '../app.ts';
import { withClient } from '../database/client.ts';
import { toGatherError } from '../database/errors.ts';
import type { LocalSettings } from '../database/local-settings.ts';
import { type TriedSettings, trySettings } from '../database/tried-settings.ts';
import { AppError } from '../errors.ts';
import { type RowLevelSecurity, toSettings } from '../graphql/row-level-security.ts';
import type { Role, Viewer } from '../viewer.ts';

type Values = ReturnType<RowLevelSecurity>;

/** The keys of two users of a role. */
const OWNERS = ['1', '00000000-0000-4000-8000-000000000002'];
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Checks that PostgreSQL takes what `rowLevelSecurity` returns for an anonymous viewer and for users of each role, and that the
 * policies of the application's tables then hold. A viewer without settings is meant to see all rows.
 * @throws AppError naming every fault at once; DATABASE_UNAVAILABLE or DATABASE_TIMEOUT
 */
export async function assertPolicies(app: App, databaseUrl: string, signal?: AbortSignal): Promise<void> {
  const { rowLevelSecurity } = app;
  if (!rowLevelSecurity) return;
  // Of an application without tables yet, the type would be unknown.
  const tables: readonly { schema: string; table: string }[] = Object.values(app.database.tables);
  const places = tables.map(({ schema, table }) => `${schema}.${table}`);
  const found = await withClient(
    databaseUrl,
    async (client) => {
      const roles = new Map<string, Role[]>();
      for (const [role, users] of viewersOf(app)) {
        const fault = await findFault(client, valuesOf(rowLevelSecurity, role, users), places);
        if (fault !== undefined) roles.set(fault, [...(roles.get(fault) ?? []), role]);
      }
      return roles;
    },
    signal,
  ).catch((error) => {
    throw toGatherError(error);
  });
  const faults = [...found].map(([fault, roles]) => `rowLevelSecurity of ${roles.join(', ')}: ${fault}`);
  if (faults.length > 0) throw new AppError(`${app.name} cannot run`, faults);
}

function viewersOf({ roles }: App): [Role, Viewer['user'][]][] {
  const users = OWNERS.map((owner) => ({ owner, email: null, name: owner }));
  return [[roles.least, [null]], ...roles.ofUsers.map((role): [Role, Viewer['user'][]] => [role as Role, users])];
}

/** The settings of these users; undefined if they cannot be known before the users come. */
function valuesOf(rowLevelSecurity: RowLevelSecurity, role: Role, users: Viewer['user'][]): Values | undefined {
  const all = users.flatMap((user) => {
    try {
      return [rowLevelSecurity({ role, user, sessionId: null })];
    } catch {
      // It does not know such a key.
      return [];
    }
  });
  const hasOneRole = all.every((values) => values['role'] === all[0]?.['role']);
  return hasOneRole ? all[0] : undefined;
}

async function findFault(
  client: pg.Client,
  values: Values | undefined,
  places: readonly string[],
): Promise<string | undefined> {
  if (!values) return undefined;
  let settings: LocalSettings | undefined;
  try {
    settings = toSettings(values);
  } catch (error) {
    return (error as Error).message;
  }
  const { role } = values;
  return settings && describe(await trySettings(client, settings, role, places), role);
}

/** Says what does not work and what helps; undefined if all does. */
function describe(tried: TriedSettings, wanted: string | undefined): string | undefined {
  if (tried.isRefused) {
    const { isRole, code, message, user } = tried;
    const refusal = `PostgreSQL refuses its ${isRole ? 'role' : 'settings'}: ${message}.`;
    if (!isRole) return `${refusal} A setting of your own has a dot in its name, such as app.customer_id.`;
    if (code === INSUFFICIENT_PRIVILEGE) return `${refusal} Run \`grant "${wanted}" to "${user}"\` in psql.`;
    return `${refusal} Create the role, or correct its name.`;
  }
  const { role, isExempt, unprotected } = tried;
  if (unprotected.length === 0) return undefined;
  const tables = unprotected.join(', ');
  if (isExempt) {
    return `the policies of ${tables} do not hold for ${role}, a superuser or a role with bypassrls. Connect as a lesser role, or let it return one as \`role\`.`;
  }
  const forced = unprotected.map((table) => `alter table ${table} force row level security`).join('; ');
  return `the policies of ${tables} do not hold for ${role}, the owner. Run \`${forced}\` in psql, connect as another role, or let it return one as \`role\`.`;
}
