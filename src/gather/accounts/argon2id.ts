import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** The cost of a hash: kibibytes of memory, passes over it, and lanes. */
interface Work {
  memory: number;
  passes: number;
  parallelism: number;
}

/** OWASP's minimum: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html */
const WORK: Work = { memory: 19_456, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The hash of a password in PHC format: https://github.com/P-H-C/phc-string-format */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return toPhc(WORK, salt, await derive(password, WORK, salt, HASH_BYTES));
}

/** Whether the password matches the hash. Without a hash, returns false after the same work. */
export async function isPassword(password: string, stored: string | undefined): Promise<boolean> {
  const { work, salt, hash } = fromPhc(stored) ?? { work: WORK, salt: randomBytes(SALT_BYTES), hash: NONE };
  return timingSafeEqual(await derive(password, work, salt, hash.length), hash) && hash !== NONE;
}

/** Whether a hash has other parameters than new hashes. */
export function isOutdated(stored: string): boolean {
  return !stored.startsWith(prefixOf(WORK));
}

const NONE = Buffer.alloc(HASH_BYTES);

function fromPhc(stored = '') {
  const [, memory, passes, parallelism, salt = '', hash = ''] = PHC.exec(stored) ?? [];
  if (!hash) return undefined;
  return {
    work: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
}

function toPhc(work: Work, salt: Buffer, hash: Buffer): string {
  return `${prefixOf(work)}${toBase64(salt)}$${toBase64(hash)}`;
}

function prefixOf({ memory, passes, parallelism }: Work): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$`;
}

/** Without padding, as PHC has it. */
function toBase64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

/** Runs on a thread of libuv. Normalises as NIST SP 800-63B requires: a password can be typed in several ways. */
function derive(password: string, work: Work, nonce: Buffer, tagLength: number): Promise<Buffer> {
  const parameters: Argon2Parameters = { ...work, message: password.normalize('NFKC'), nonce, tagLength };
  return new Promise((resolve, reject) => {
    argon2('argon2id', parameters, (error, hash) => (error ? reject(error) : resolve(hash)));
  });
}
