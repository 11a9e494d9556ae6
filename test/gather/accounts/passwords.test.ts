import { expect, test } from 'vitest';
import { hashPassword, isOutdated, isPassword } from '../../../src/gather/accounts/argon2id.ts';
import { Passwords } from '../../../src/gather/accounts/passwords.ts';
import { recordHashes } from '../../helpers/hashes.ts';

const PASSWORD = 'hickory and oak';
const { signal } = new AbortController();

test("what is kept is in PHC's format, salted, and of this password only", async () => {
  const [kept, again] = [await hashPassword(PASSWORD), await hashPassword(PASSWORD)];
  expect(kept).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  expect(again).not.toBe(kept);
  expect(await isPassword(PASSWORD, kept)).toBe(true);
  expect(await isPassword(`${PASSWORD} `, kept)).toBe(false);
  expect(await isPassword(PASSWORD, undefined)).toBe(false);
  expect(isOutdated(kept)).toBe(false);
});

test('hashes that another program made are understood', async () => {
  // From the tests of the reference implementation: https://github.com/P-H-C/phc-winner-argon2/blob/master/src/test.c
  const kept = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
  expect(await isPassword('password', kept)).toBe(true);
  expect(isOutdated(kept)).toBe(true);
});

test.each(['', 'password', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$AAAA', '$argon2id$v=19$m=19456,t=2,p=1$AAAA$'])(
  'a hash of another kind is of no password: %j',
  async (kept) => {
    using hashes = recordHashes();
    expect(await isPassword('password', kept)).toBe(false);
    expect(hashes.take()).toMatchObject([{ memory: 19_456, passes: 2 }]);
  },
);

test('two are hashed at a time; too many at once are refused', async () => {
  const passwords = new Passwords();
  using hashes = recordHashes();
  const leaving = new AbortController();
  const refused: unknown[] = [];
  const all = Array.from({ length: 70 }, (_, index) =>
    verify(passwords, `sender ${index}`, leaving.signal).catch((error) => refused.push(error)),
  );
  await new Promise((resolve) => setImmediate(resolve));
  expect(hashes.take()).toHaveLength(2);
  expect(refused).toMatchObject(Array(4).fill({ code: 'BUSY', retryable: true }));
  leaving.abort(new Error('I left.'));
  await Promise.all(all);
  expect(await verify(passwords, 'sender')).toBe(false);
});

test('one is hashed at a time for a sender, and four wait', async () => {
  const passwords = new Passwords();
  using hashes = recordHashes();
  const all = Promise.allSettled(Array.from({ length: 50 }, () => verify(passwords, 'sender')));
  await new Promise((resolve) => setImmediate(resolve));
  expect(hashes.take()).toHaveLength(1);
  const refused = (await all).filter(({ status }) => status === 'rejected');
  expect(refused).toMatchObject(Array(45).fill({ reason: { code: 'BUSY' } }));
  expect(hashes.take()).toHaveLength(4);
});

test('who leaves gives up the place in the queue', async () => {
  const passwords = new Passwords();
  using hashes = recordHashes();
  const leaving = new AbortController();
  const stay = ['one', 'two'].map((sender) => verify(passwords, sender));
  const left = Promise.allSettled(
    Array.from({ length: 64 }, (_, index) => verify(passwords, `sender ${index % 16}`, leaving.signal)),
  );
  leaving.abort(new Error('I left.'));
  expect(await left).toMatchObject(Array(64).fill({ reason: { message: 'I left.' } }));
  await Promise.all([...stay, verify(passwords, 'sender 0')]);
  expect(hashes.take()).toHaveLength(3);
});

test('the event loop goes on meanwhile', async () => {
  const passwords = new Passwords();
  let isDone = false;
  let turns = 0;
  const all = Promise.all(
    Array.from({ length: 10 }, (_, index) => passwords.hash(PASSWORD, signal, `sender ${index}`)),
  ).then(() => {
    isDone = true;
  });
  while (!isDone) {
    turns++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  await all;
  expect(turns).toBeGreaterThan(100);
});

/** As a sign-in does it. */
async function verify(passwords: Passwords, sender: string, until = signal): Promise<boolean> {
  using _place = passwords.enter(sender);
  return await passwords.verify(PASSWORD, undefined, until, sender);
}
