import assert from 'node:assert/strict';
import { seed } from '../src/smokehouse/seed/seed.ts';
import { MeasuredServer } from './measured-server.ts';
import { median } from './median.ts';
import { type Page, pages } from './pages.ts';
import { startBench } from './start-bench.ts';

/**
 * Gather's CPU time per request, as a multiple of that of a hand-written handler with the same statements and calls. Rounds
 * alternate, so that other load on the machine affects both. One process differs from the next by up to a fifth, so that
 * several of each are measured. V8 compiles for some 20,000 requests: the first rounds are shown apart from the last ones.
 */
const PROCESSES = 3;
const ROUNDS = 21;
/** How many of the first and of the last rounds are shown. */
const SHOWN_ROUNDS = 7;
const REQUESTS_PER_ROUND = 1000;
const CONNECTIONS = 32;
/** The highest ratio that each page may have. */
const MAX_RATIO = new Map([
  [pages.everything, 1.45],
  [pages.databaseOnly, 1.8],
]);

interface Round {
  gatherUs: number;
  handWrittenUs: number;
  ratio: number;
}

await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack);
await seed(databaseUrl, { size: 'shop' });

for (const [page, maxRatio] of MAX_RATIO) {
  const first: Round[] = [];
  const last: Round[] = [];
  for (let number = 1; number <= PROCESSES; number++) {
    const rounds = await measure(page);
    const atFirst = medianOf(rounds.slice(0, SHOWN_ROUNDS));
    const atLast = medianOf(rounds.slice(-SHOWN_ROUNDS));
    console.log(
      `${page.name}, process ${number} of ${PROCESSES}: ${atFirst.ratio.toFixed(2)} at first, ${atLast.ratio.toFixed(2)} at last`,
    );
    first.push(atFirst);
    last.push(atLast);
  }
  const { gatherUs, handWrittenUs, ratio } = medianOf(last);
  console.log(
    `${page.name.padEnd(24)} Gather ${gatherUs.toFixed(0)} µs, hand-written ${handWrittenUs.toFixed(0)} µs of CPU per request:` +
      ` ${ratio.toFixed(2)} times (at most ${maxRatio}), ${medianOf(first).ratio.toFixed(2)} while V8 compiles`,
  );
  if (ratio > maxRatio) process.exitCode = 1;
}

/** A page in a new process of each. @returns the rounds after a warm-up */
async function measure(page: Page): Promise<Round[]> {
  await using gather = await MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, CONNECTIONS);
  await using handWritten = await MeasuredServer.start({ kind: 'hand-written', databaseUrl, urls }, CONNECTIONS);
  const bodyOfGather = { query: page.query };
  const bodyOfHandWritten = { isDatabaseOnly: page === pages.databaseOnly };
  const [ours, theirs] = await Promise.all([gather.post(bodyOfGather), handWritten.post(bodyOfHandWritten)]);
  assert.deepEqual(JSON.parse(ours).data, JSON.parse(theirs).data, 'Both must give the same data.');
  assert.ok(ours.length > 1000, 'The page must have data.');

  const rounds: Round[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const gatherUs = await costPerRequest(gather, bodyOfGather);
    const handWrittenUs = await costPerRequest(handWritten, bodyOfHandWritten);
    // The first round is a warm-up.
    if (round > 0) rounds.push({ gatherUs, handWrittenUs, ratio: gatherUs / handWrittenUs });
  }
  return rounds;
}

/** The median of each figure. */
function medianOf(rounds: readonly Round[]): Round {
  return {
    gatherUs: median(rounds.map((round) => round.gatherUs)),
    handWrittenUs: median(rounds.map((round) => round.handWrittenUs)),
    ratio: median(rounds.map((round) => round.ratio)),
  };
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
