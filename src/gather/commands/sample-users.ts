import { generatePassword } from '../accounts/new-user.ts';
import { Passwords } from '../accounts/passwords.ts';
import { putUser } from '../accounts/user-rows.ts';
import type { SampleUser } from '../app.ts';
import type { Database } from '../database/database.ts';

/** A sample account with its password. */
export type SampleAccount = SampleUser & { password: string };

/**
 * Creates the sample accounts, or gives them new passwords, because only hashes of the old ones exist. A disabled account
 * stays unchanged.
 */
export async function putSampleUsers(database: Database, users: readonly SampleUser[]): Promise<SampleAccount[]> {
  const passwords = new Passwords();
  const put = async (user: SampleUser): Promise<SampleAccount[]> => {
    const password = generatePassword();
    const passwordHash = await passwords.hash(password, database.signal);
    return (await putUser(database, { ...user, passwordHash })) ? [{ ...user, password }] : [];
  };
  return (await Promise.all(users.map(put))).flat();
}
