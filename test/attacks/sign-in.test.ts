import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Passwords } from '../../src/gather/accounts/passwords.ts';
import { insertUser } from '../../src/gather/accounts/user-rows.ts';
import { flood, post, type Reply } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { expectDiscreet, withstand } from '../helpers/under-attack.ts';

const EMAIL = 'ann@smokehouse.example';
const PASSWORD = 'hickory and oak';
const SIGN_IN =
  'mutation ($email: String!, $password: String!) { signIn(input: { email: $email, password: $password }) { token userErrors { code message } } }';

let target: Target;

beforeAll(async () => {
  target = await startTarget();
  const { database } = target.database;
  const passwordHash = await new Passwords().hash(PASSWORD, database.signal);
  await insertUser(database, { email: EMAIL, name: 'Ann', role: 'STAFF', passwordHash });
}, 60_000);
afterAll(() => target.close());

describe('a flood of wrong passwords', () => {
  test('for one account, from everywhere, is looked at ten times', async () => {
    const replies = await attack(60, (index) => signIn(EMAIL, `guess ${index}`, `10.0.0.${index}`));
    expect(countCodes(replies)).toEqual({ WRONG_CREDENTIALS: 10, TOO_MANY_ATTEMPTS: 50 });
    expect(countCodes([await signIn(EMAIL, PASSWORD, '10.0.1.1')])).toEqual({ TOO_MANY_ATTEMPTS: 1 });
  });

  test('for accounts that there are not, from one address, is looked at fifty times', async () => {
    const replies = await attack(80, (index) => signIn(`nobody-${index}@smokehouse.example`, 'guess', '10.0.2.1'));
    expect(countCodes(replies)).toEqual({ WRONG_CREDENTIALS: 50, TOO_MANY_ATTEMPTS: 30 });
  });

  test('leaves others to sign in', async () => {
    await attack(80, (index) => signIn(`nobody-${index}@smokehouse.example`, 'guess', '10.0.3.1'));
    expect(countCodes([await signIn(EMAIL, PASSWORD, '10.0.3.2')])).toEqual({ none: 1 });
  });

  test('in one request is as many attempts as it has aliases', async () => {
    const fields = Array.from(
      { length: 40 },
      (_, i) => `a${i}: signIn(input: { email: "${EMAIL}", password: "${i}" }) { userErrors { code } }`,
    );
    const [reply] = await attack(1, () =>
      post(target.url, { query: `mutation { ${fields.join(' ')} }` }, from('10.0.4.1')),
    );
    const codes = Object.values<{ userErrors: { code: string }[] }>(JSON.parse(reply?.body ?? '').data).map(
      ({ userErrors }) => userErrors[0]?.code,
    );
    expect(codes).toEqual([...Array(10).fill('WRONG_CREDENTIALS'), ...Array(30).fill('TOO_MANY_ATTEMPTS')]);
  });

  test('all at once is told to wait', async () => {
    const at = (index: number) => signIn(`all-${index}@smokehouse.example`, 'guess', `10.1.${index}.1`);
    const replies = await withstand(target, () => Promise.all(Array.from({ length: 120 }, (_, index) => at(index))));
    replies.forEach(expectDiscreet);
    const { WRONG_CREDENTIALS = 0, BUSY = 0, ...others } = countCodes(replies);
    expect(others).toEqual({});
    expect(WRONG_CREDENTIALS).toBeGreaterThan(0);
    expect(BUSY).toBeGreaterThan(0);
  });
});

test.each([
  ['a password of 900 kB', EMAIL, 'x'.repeat(900_000)],
  ['an email of 900 kB', 'x'.repeat(900_000), PASSWORD],
  ['a password that Unicode makes longer', EMAIL, '\ufdfa'.repeat(300_000)],
  ['an email with a NUL character', 'ann\0@smokehouse.example', PASSWORD],
  ['half a character for a password', EMAIL, '\ud800'],
])('%s is refused before any work', async (_, email, password) => {
  const replies = await attack(6, () => signIn(email, password, '10.0.5.1'));
  expect(countCodes(replies)).toEqual({ INVALID_INPUT: 6 });
  expect(await target.database.ask('select from "signInAttempts"')).toEqual([]);
});

/** Nothing of an attack before is counted. */
function attack(count: number, ask: (index: number) => Promise<Reply>): Promise<Reply[]> {
  return withstand(target, async () => {
    await target.database.ask('truncate "signInAttempts"');
    const replies = await flood(count, ask);
    replies.forEach(expectDiscreet);
    return replies;
  });
}

function signIn(email: string, password: string, address: string): Promise<Reply> {
  return post(target.url, { query: SIGN_IN, variables: { email, password } }, from(address));
}

function from(address: string) {
  return { 'x-forwarded-for': address };
}

function countCodes(replies: readonly Reply[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { body } of replies) {
    const { data, errors } = JSON.parse(body);
    const code = data?.signIn?.userErrors[0]?.code ?? errors?.[0].extensions.code ?? 'none';
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}
