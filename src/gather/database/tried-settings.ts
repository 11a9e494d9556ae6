import pg from 'pg';
import type { LocalSettings } from './local-settings.ts';

/** What becomes of a transaction with the settings of a viewer. */
export type TriedSettings =
  /** PostgreSQL refuses the settings, or the role among them, to the role of the connection. */
  | { isRefused: true; isRole: boolean; code: string | undefined; message: string; user: string }
  /** Its role, and the tables with policies of row-level security that do not hold for this role. */
  | { isRefused: false; role: string; isExempt: boolean; unprotected: readonly string[] };

/**
 * Makes the settings in a transaction of their own, which is rolled back.
 * @param role the one of the settings, if they have one
 * @param places the tables: `public.rental`
 */
export async function trySettings(
  client: pg.Client,
  settings: LocalSettings,
  role: string | undefined,
  places: readonly string[],
): Promise<TriedSettings> {
  let isRole = true;
  await client.query('begin read only');
  try {
    if (role !== undefined) await client.query(`select set_config('role', $1, true)`, [role]);
    isRole = false;
    await client.query(settings.text, [...settings.values]);
    const { rows } = await client.query<Omit<TriedSettings & { isRefused: false }, 'isRefused'>>(
      `select rolname as role, rolsuper or rolbypassrls as "isExempt",
         array(select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where n.nspname || '.' || c.relname = any($1) and c.relrowsecurity and not row_security_active(c.oid)
           order by 1) as unprotected
       from pg_roles where rolname = current_user`,
      [places],
    );
    return { isRefused: false, ...(rows[0] as (typeof rows)[number]) };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    return { isRefused: true, isRole, code: error.code, message: error.message, user: client.user ?? '' };
  } finally {
    await client.query('rollback').catch(() => {});
  }
}
