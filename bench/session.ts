import pg from 'pg';
import { createToken, hashToken } from '../src/gather/accounts/token.ts';

const token = createToken();

/** The headers of a request by STAFF, for use after `beginSession`. */
export const STAFF_HEADERS = { authorization: `Bearer ${token}` };

/** Begins the session in a migrated database. */
export async function beginSession(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `with bench as (
       insert into gather."user" (email, name, role, "passwordHash") values ('bench@smokehouse.example', 'Bench', 'STAFF', '')
       returning id
     ) insert into gather.session ("userId", "tokenHash", "expiresAt") select id, $1, now() + interval '1 day' from bench`,
    [hashToken(token)],
  );
  await client.end();
}
