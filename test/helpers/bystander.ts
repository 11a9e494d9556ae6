import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';

/** Where a server is that is going to be attacked, and which process it is. */
export interface Watched {
  url: string;
  pid: number;
}

/** What a bystander saw since it was last asked. */
export interface Sight {
  /** The longest that the neighbour waited for an answer, or still does: of those with PostgreSQL, or without. */
  worstWaitMs: number;
  /** What the neighbour was answered that it did not ask for; empty where all was well. */
  failures: string[];
  /** The most memory that the server's process held, in bytes. */
  peakBytes: number;
}

/** Headers that are the neighbour's: no stranger uses up its points. */
const HEADERS = { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.250' };
const ASK_EVERY_MS = 5;
const ASK_MENU_EVERY_MS = 100;
const POLL_INTERVAL_MS = 20;
const TIMEOUT_MS = 10_000;

/**
 * Runs in a thread of its own, so that what the attacker does with its own processor time is not taken for the
 * server's.
 */
const { url, pid } = workerData as Watched;
let sight = nothing();
/** When the questions were asked that are not answered yet: one that needs PostgreSQL may be among them. */
const askedAt = new Set<number>();

void repeat(ASK_EVERY_MS, (agent) => ask(agent, '{ about { name } }', /^\{"data":\{"about":\{"name":"/));
void repeat(ASK_MENU_EVERY_MS, (agent) => ask(agent, '{ menu { first { name } } }', /^\{"data":\{"menu":\{"first":\{/));
setInterval(look, POLL_INTERVAL_MS);

parentPort?.on('message', () => {
  noteWait();
  look();
  parentPort?.postMessage(sight);
  sight = nothing();
});

function nothing(): Sight {
  return { worstWaitMs: 0, failures: [], peakBytes: 0 };
}

async function repeat(everyMs: number, work: (agent: Agent) => Promise<void>): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  while (true) {
    const start = performance.now();
    askedAt.add(start);
    await work(agent).catch((error) => sight.failures.push(String(error)));
    noteWait();
    askedAt.delete(start);
    await sleep(everyMs);
  }
}

async function ask(agent: Agent, query: string, expected: RegExp): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  request(`${url}/graphql`, { method: 'POST', agent, headers: HEADERS, signal })
    .on('error', reject)
    .on('response', (response) => text(response).then(resolve, reject))
    .end(JSON.stringify({ query }));
  const answer = await promise;
  if (!expected.test(answer)) sight.failures.push(answer);
}

function noteWait(): void {
  for (const start of askedAt) sight.worstWaitMs = Math.max(sight.worstWaitMs, performance.now() - start);
}

function look(): void {
  sight.peakBytes = Math.max(sight.peakBytes, residentBytes());
}

function residentBytes(): number {
  const file = `/proc/${pid}/status`;
  const kibibytes = existsSync('/proc')
    ? /VmRSS:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kibibytes) * 1024;
}
