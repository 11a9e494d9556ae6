import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createToken, hashToken } from '../../src/gather/accounts/token.ts';
import type { Role } from '../../src/gather/viewer.ts';
import type { Sight, Watched } from './bystander.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { type Program, runGather } from './program.ts';
import { startServices, type TestServices } from './services.ts';
import { post } from './stranger.ts';

/** A server as it runs in production, in a process of its own, with a neighbour who asks all the time. */
export interface Target {
  url: string;
  program: Program;
  database: TestDatabase;
  services: TestServices;
  /** The most memory that it held while it answered ordinary requests, the largest among them, in bytes. */
  ordinaryBytes: number;
  /** What the neighbour saw since this was last asked. */
  see(): Promise<Sight>;
  /** Signs in somebody new. @returns the token */
  enter(role: Exclude<Role, 'ANONYMOUS'>): Promise<string>;
  close(): Promise<void>;
}

/**
 * Little more than it needs. With more room V8 lets garbage lie, by the hundred megabytes, and nobody could tell it from
 * what is kept; with so little, the process ends where too much is kept.
 */
const HEAP = '--max-old-space-size=192';
/** glibc returns a large block to the system as soon as it is free, so that the memory seen is the memory held. */
const MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' };
/** Requests that a server has answered before its memory is looked at. */
const WARM_UP = 240;
const AT_ONCE = 4;
const LARGE_EVERY = 3;
/** Nearly as large as a body may be. */
const LARGE = {
  rows: Array.from({ length: 3000 }, (_, index) => ({ sku: `RIB-${index}` })),
  note: 'x'.repeat(800_000),
};
const SIGN_IN = 'mutation { signIn(input: { email: "nobody@smokehouse.example", password: "x" }) { token } }';
/** So many that each of libuv's threads has hashed a password, and holds what that takes. */
const SIGN_INS = 24;
const ORDINARY = '{ about { name } menu { items(first: 5) { nodes { name supplier { city } } } } }';

/** Starts a server for a test file. Call it in `beforeAll`, and `close` in `afterAll`. */
export async function startTarget(settings: Record<string, string> = {}): Promise<Target> {
  const database = await createTestDatabase();
  const services = await startServices();
  const dataDir = await mkdtemp(join(tmpdir(), 'gather-target-'));
  const program = runGather(['serve'], {
    NODE_ENV: 'production',
    NODE_OPTIONS: HEAP,
    ...MALLOC,
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.databaseUrl,
    // Strangers come from addresses of their own.
    PROXY_HOPS: '1',
    ...Object.fromEntries(Object.entries(services.urls).map(([name, url]) => [`${name.toUpperCase()}_URL`, url])),
    ...settings,
  });
  const url = await program.url();
  const bystander = watch({ url, pid: program.pid });
  await warmUp(url);
  const { peakBytes } = await bystander.see();
  return {
    url,
    program,
    database,
    services,
    ordinaryBytes: peakBytes,
    see: bystander.see,
    enter: (role) => enter(database, role),
    close: async () => {
      await bystander.stop();
      program.kill('SIGTERM');
      await program.exit();
      await services.close();
      await rm(dataDir, { recursive: true });
      await database.drop();
    },
  };
}

/** With ordinary requests, some of the largest that are taken, and passwords, whose hashes take much memory each. */
async function warmUp(url: string): Promise<void> {
  for (let sent = 0; sent < WARM_UP; sent += AT_ONCE) {
    const from = `198.51.100.${(sent / AT_ONCE) % 200}`;
    const query = { query: ORDINARY, variables: (sent / AT_ONCE) % LARGE_EVERY === 0 ? LARGE : undefined };
    const replies = await Promise.all(
      Array.from({ length: AT_ONCE }, () => post(url, query, { 'x-forwarded-for': from })),
    );
    for (const { status, body } of replies) if (status !== 200) throw new Error(body);
  }
  // Last: a hash's memory is freed at once, and counts on top of all that was there before.
  await Promise.all(
    Array.from({ length: SIGN_INS }, (_, index) =>
      post(url, { query: SIGN_IN }, { 'x-forwarded-for': `198.51.100.${index}` }),
    ),
  );
}

function watch(workerData: Watched) {
  const worker = new Worker(new URL('./bystander.ts', import.meta.url), { workerData });
  return {
    see: async () => {
      worker.postMessage('see');
      const [sight] = (await once(worker, 'message')) as [Sight];
      return sight;
    },
    stop: () => worker.terminate(),
  };
}

async function enter({ ask }: TestDatabase, role: Role): Promise<string> {
  const token = createToken();
  await ask(
    `with entered as (
       insert into gather."user" (email, name, role, "passwordHash") values ($2 || '@smokehouse.example', 'Somebody', $1, '')
       returning id
     ) insert into gather.session ("userId", "tokenHash", "expiresAt") select id, $2, now() + interval '1 day' from entered`,
    [role, hashToken(token)],
  );
  return token;
}
