import assert from 'node:assert/strict';
import { seed } from '../src/smokehouse/seed/seed.ts';
import { MeasuredServer } from './measured-server.ts';
import { type Page, pages } from './pages.ts';
import { startBench } from './start-bench.ts';

/**
 * Gather's CPU time per request, as a multiple of that of a hand-written handler with the same statements and calls. Rounds
 * alternate, so that other load on the machine affects both.
 */
const CONNECTIONS = 32;
const REQUESTS_PER_ROUND = 1000;
const ROUNDS = 21;
/** While V8 compiles most: shown apart. */
const FIRST_ROUNDS = 7;
const LIMIT = 1.8;

await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack);
await seed(databaseUrl, { size: 'shop' });

const gather = stack.use(await MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, CONNECTIONS));
const handWritten = stack.use(await MeasuredServer.start({ kind: 'hand-written', databaseUrl, urls }, CONNECTIONS));

for (const page of Object.values(pages)) await comparePage(page);

async function comparePage(page: Page): Promise<void> {
  const bodyOfGather = { query: page.query };
  const bodyOfHandWritten = { isDatabaseOnly: page === pages.databaseOnly };
  const [ours, theirs] = await Promise.all([gather.post(bodyOfGather), handWritten.post(bodyOfHandWritten)]);
  assert.deepEqual(JSON.parse(ours).data, JSON.parse(theirs).data, 'Both must give the same data.');
  assert.ok(ours.length > 1000, 'The page must have data.');

  const rounds: { gatherUs: number; handWrittenUs: number; ratio: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const gatherUs = await costPerRequest(gather, bodyOfGather);
    const handWrittenUs = await costPerRequest(handWritten, bodyOfHandWritten);
    // The first round is a warm-up.
    if (round > 0) rounds.push({ gatherUs, handWrittenUs, ratio: gatherUs / handWrittenUs });
  }
  const middle = (key: 'gatherUs' | 'handWrittenUs' | 'ratio', of = rounds) =>
    of.map((round) => round[key]).sort((a, b) => a - b)[Math.floor(of.length / 2)] as number;
  const first = middle('ratio', rounds.slice(0, FIRST_ROUNDS));
  console.log(
    `${page.name.padEnd(24)} Gather ${middle('gatherUs').toFixed(0)} µs, hand-written ${middle('handWrittenUs').toFixed(0)} µs` +
      ` of CPU per request: ${middle('ratio').toFixed(2)} times (at most ${LIMIT}; medians of ${ROUNDS} rounds),` +
      ` ${first.toFixed(2)} in the first ${FIRST_ROUNDS}`,
  );
  if (middle('ratio') > LIMIT) process.exitCode = 1;
}

async function costPerRequest(server: MeasuredServer, body: unknown): Promise<number> {
  const before = await server.cpu();
  let left = REQUESTS_PER_ROUND;
  const worker = async () => {
    while (left-- > 0) await server.post(body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return ((await server.cpu()) - before) / REQUESTS_PER_ROUND;
}
