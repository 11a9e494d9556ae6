import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import type { Database } from '../database/database.ts';
import { GatherError } from '../errors.ts';
import type { Roles } from '../viewer.ts';
import { isOwnerKey, OWNER_KEY } from './owner-key.ts';
import { Passwords } from './passwords.ts';
import { insertUser } from './user-rows.ts';

const GENERATED_BYTES = 15;

const length = (minimum: number, maximum: number) =>
  z.string().refine((value) => value.length >= minimum && value.length <= maximum, {
    error: ({ input }) => `${minimum} to ${maximum} characters, got ${String(input).length}`,
  });

/** The rules of a new account. Those of its password are NIST's: a minimum length, and any characters. */
const NewUser = z.object({
  email: length(3, 320).regex(/^[^\s@]+@[^\s@]+$/, 'an address such as ann@example.com'),
  name: length(1, 200),
  role: z.string(),
  owner: z.string().refine(isOwnerKey, OWNER_KEY).optional(),
  password: length(12, 1000),
});

/**
 * Creates an account.
 * @throws INVALID_INPUT, and CONFLICT if the email is taken, in upper or lower case
 */
export async function addUser(
  database: Database,
  roles: Roles,
  given: Readonly<z.infer<typeof NewUser>>,
): Promise<void> {
  const schema = NewUser.extend({ role: z.enum(roles.ofUsers as [string], roles.ofUsers.join(' or ')) });
  const { data, error } = schema.safeParse(given);
  if (!data) {
    const faults = error.issues.map(({ path, message }) => `Expected as ${path.join('.')} ${message}.`);
    throw new GatherError('INVALID_INPUT', faults.join('\n'));
  }
  const { password, owner = null, ...user } = data;
  const passwordHash = await new Passwords().hash(password, database.signal);
  if (await insertUser(database, { ...user, owner, passwordHash })) return;
  throw new GatherError('CONFLICT', `There is already an account for ${user.email}.`);
}

/** A random password of 20 characters. */
export function generatePassword(): string {
  return randomBytes(GENERATED_BYTES).toString('base64url');
}
