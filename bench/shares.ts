import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeasuredServer } from './measured-server.ts';
import { insertItems, startBench } from './start-bench.ts';

/** How long one client waits for a page of a million items, while another scans the whole table 30 times concurrently. */
const ROWS = 1_000_000;
const AT_ONCE = 30;
const ROUNDS = 1;
const MAX_WAIT_MS = 300;
const COUNT = { query: '{ menu(where: { name: { contains: "zqz" } }) { count } }' };
const PAGE = { query: '{ menu { items(first: 20) { nodes { name price supplier { name } } } } }' };
const GREEDY = { 'x-forwarded-for': '203.0.113.1' };
const NEIGHBOUR = { 'x-forwarded-for': '203.0.113.2' };

await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack, { fsync: 'off' });
await insertItems(databaseUrl, ROWS);
const gather = stack.use(await MeasuredServer.start({ kind: 'gather', databaseUrl, urls }, AT_ONCE + 1));
for (let round = 0; round < 20; round++) await waitForPage();
const alone = await Promise.all([waitForPage(), waitForPage()]);

let isOver = false;
const floods = Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    const answers: string[] = [];
    for (let round = 0; round < ROUNDS; round++) answers.push(await gather.post(COUNT, GREEDY));
    return answers;
  }),
).finally(() => {
  isOver = true;
});
await sleep(50);
const waits: number[] = [];
const start = performance.now();
while (!isOver) waits.push(await waitForPage());
const answers = (await floods).flat();
const worst = Math.max(...waits);
const told = answers.filter((answer) => answer.includes('"BUSY"')).length;
assert.ok(
  answers.every((answer) => answer.startsWith('{"data":{"menu":{"count":0}}') || answer.includes('"BUSY"')),
  'Each count is answered, or told BUSY.',
);
console.log(
  `${answers.length} counts of ${ROWS.toLocaleString('en')} items, ${AT_ONCE} at once, took ${((performance.now() - start) / 1000).toFixed(1)} s (${told} were told BUSY);` +
    ` meanwhile a neighbour had ${waits.length} pages, the slowest after ${worst.toFixed(0)} ms (at most ${MAX_WAIT_MS}; ${Math.max(...alone).toFixed(0)} alone)`,
);
if (worst > MAX_WAIT_MS) process.exitCode = 1;

async function waitForPage(): Promise<number> {
  const asked = performance.now();
  const { data, errors } = JSON.parse(await gather.post(PAGE, NEIGHBOUR));
  assert.equal(errors, undefined);
  assert.equal(data.menu.items.nodes.length, 20);
  return performance.now() - asked;
}
