import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createToken, hashToken } from '../../src/gather/accounts/token.ts';
import { startBalancer } from '../helpers/balancer.ts';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { json, startHttpServer } from '../helpers/http-server.ts';
import { startLoad } from '../helpers/load.ts';
import { runGather } from '../helpers/program.ts';
import { startServices, type TestServices } from '../helpers/services.ts';
import { post } from '../helpers/stranger.ts';

const CLIENTS = 6;
const MENU = '{ menu { first { name supplier { name } } } }';
const POLL = { timeout: 60_000 };
const RETRY_MS = 100;

let database: TestDatabase;
let services: TestServices;
let dataDir: string;
let headers: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  services = await startServices();
  dataDir = await mkdtemp(join(tmpdir(), 'gather-machines-'));
  const token = createToken();
  await database.ask(
    `with entered as (
       insert into gather."user" (email, name, role, "passwordHash") values ('m@smokehouse.example', 'M', 'STAFF', '') returning id
     ) insert into gather.session ("userId", "tokenHash", "expiresAt") select id, $1, now() + interval '1 day' from entered`,
    [hashToken(token)],
  );
  headers = { authorization: `Bearer ${token}` };
});
afterAll(async () => {
  await services.close();
  await rm(dataDir, { recursive: true });
  await database.drop();
});

test('of two servers and two workers, one each is killed under load: only what was in flight there fails', {
  timeout: 240_000,
}, async () => {
  await using stack = new AsyncDisposableStack();
  const held = await startHttpServer();
  stack.defer(() => held.close());
  const gate = Promise.withResolvers<void>();
  held.respond = (request, response) => void gate.promise.then(() => json({ isDone: true })(request, response));
  const servers = [stack.use(run('serve')), stack.use(run('serve'))] as const;
  const workers = [stack.use(run('work')), stack.use(run('work'))] as const;
  const urls = await Promise.all(servers.map((server) => server.url()));
  await Promise.all(workers.map((worker) => worker.said(/worker is ready/)));
  const { url } = stack.use(await startBalancer(urls));

  // Each connection is to another server than the one before.
  const fetched = await mutate(url, `fetchData(url: "${held.url}/held")`);
  const following = [1, 2, 3, 4].map(() => follow(url, fetched));
  const added = new Map<string, number>();
  let next = 0;
  const reads = startLoad(url, { clients: CLIENTS, query: MENU, expected: /"first":\{"name":"/, pauseMs: 20 });
  stack.defer(() => reads.stop());
  const writes = startLoad(url, {
    clients: CLIENTS,
    query: () => `mutation { add(x: ${next++}, y: 1) { job { id } userErrors { message } } }`,
    expected: /"job":\{"id":"/,
    pauseMs: 20,
    headersOf: () => headers,
    onAnswer: (answer) => void added.set(JSON.parse(answer).data.add.job.id, 0),
  });
  stack.defer(() => writes.stop());
  await expect.poll(() => Math.min(reads.answered, writes.answered), POLL).toBeGreaterThan(50);
  await expect.poll(() => held.requests.length, POLL).toBe(1);

  servers[0].kill('SIGKILL');
  workers[0].kill('SIGKILL');
  const killedAt = performance.now();
  const then = { reads: reads.answered, writes: writes.answered };
  await expect.poll(() => reads.answered, POLL).toBeGreaterThan(then.reads + 50);
  await expect.poll(() => writes.answered, POLL).toBeGreaterThan(then.writes + 50);
  await Promise.all([reads.stop(), writes.stop()]);
  gate.resolve();

  for (const load of [reads, writes]) {
    // The one request of each client that was under way there, at most.
    expect(load.failures.length).toBeLessThanOrEqual(CLIENTS);
    for (const { failedAt, why } of load.failures) {
      expect(why).toMatch(/ECONNRESET|socket hang up/);
      expect(failedAt).toBeGreaterThan(killedAt);
    }
  }

  // Those of the dead worker too, once it is taken for dead.
  const open = `select from gather.job where state not in ('SUCCEEDED', 'FAILED', 'CANCELLED')`;
  await expect.poll(() => database.ask(open), { timeout: 90_000, interval: 200 }).toHaveLength(0);
  const jobs = await database.ask<{ id: string; state: string; isRight: boolean; times: number }>(
    `select id, state, result = to_jsonb((input->>'x')::integer + 1) as "isRight",
       (select count(*)::integer from gather."jobChange" c where c."jobId" = job.id and c.state = 'SUCCEEDED') as times
     from gather.job where task = 'add'`,
  );
  expect(jobs.filter(({ state, isRight, times }) => state !== 'SUCCEEDED' || !isRight || times !== 1)).toEqual([]);
  const ids = new Set(jobs.map(({ id }) => btoa(`Job:${id}`)));
  expect([...added.keys()].filter((id) => !ids.has(id))).toEqual([]);
  const followed = await Promise.all(following);
  for (const { states } of followed) {
    expect(states.at(-1)).toBe('SUCCEEDED');
    expect(states.filter((state) => state === 'SUCCEEDED')).toHaveLength(1);
  }
  expect(followed.some(({ cuts }) => cuts > 0)).toBe(true);
});

function run(command: 'serve' | 'work') {
  const urls = Object.entries(services.urls).map(([name, url]) => [`${name.toUpperCase()}_URL`, url]);
  return runGather([command], {
    NODE_ENV: 'production',
    PORT: '0',
    DATA_DIR: dataDir,
    DATABASE_URL: database.databaseUrl,
    FETCH_ALLOWED: '127.0.0.1',
    COST_BUCKET: '1000000000',
    MAX_PENDING_JOBS: '1000000',
    MAX_EVENT_LOOP_DELAY_MS: '60000',
    MAX_WAITING_VIEWERS: '1000',
    ...Object.fromEntries(urls),
  });
}

async function mutate(url: string, field: string): Promise<string> {
  const { body } = await post(
    url,
    { query: `mutation { made: ${field} { job { id } userErrors { message } } }` },
    headers,
  );
  return JSON.parse(body).data.made.job.id;
}

/** Subscribes to a job, and again whenever the connection is cut, until it is settled. */
async function follow(url: string, id: string): Promise<{ states: string[]; cuts: number }> {
  const states: string[] = [];
  for (let cuts = 0; ; cuts++) {
    try {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
        body: JSON.stringify({ query: `subscription { job(id: "${id}") { state } }` }),
      });
      let text = '';
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        text += new TextDecoder().decode(chunk);
      }
      states.push(...[...text.matchAll(/"state":"(\w+)"/g)].map(([, state]) => state as string));
      if (text.includes('event: complete')) return { states, cuts };
    } catch {
      await sleep(RETRY_MS);
    }
  }
}
