import { generatePassword } from '../gather/accounts/new-user.ts';
import { Passwords } from '../gather/accounts/passwords.ts';
import { putUser } from '../gather/accounts/user-rows.ts';
import type { Database } from '../gather/database/database.ts';

/** An account to try, and how to sign in with it. */
export interface SampleUser {
  email: string;
  role: 'CUSTOMER' | 'STAFF';
  password: string;
}

const USERS = [
  { email: 'pitmaster@smokehouse.example', name: 'Pitmaster', role: 'STAFF' },
  { email: 'guest@smokehouse.example', name: 'Guest', role: 'CUSTOMER' },
] as const;

/**
 * Makes the accounts to try, or gives them other passwords: those that they had are not known any more. One that is
 * disabled stays as it is.
 */
export async function putSampleUsers(database: Database): Promise<SampleUser[]> {
  const passwords = new Passwords();
  const put = async ({ email, name, role }: (typeof USERS)[number]): Promise<SampleUser[]> => {
    const password = generatePassword();
    const passwordHash = await passwords.hash(password, database.signal);
    return (await putUser(database, { email, name, role, passwordHash })) ? [{ email, role, password }] : [];
  };
  return (await Promise.all(USERS.map(put))).flat();
}
