import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Client } from 'undici';

/**
 * A thread that queries `{ __typename }` over one connection, every 10 ms or as soon as the last answer has come, until it
 * receives a message.
 */
const EVERY_MS = 10;

const client = new Client(workerData.url);
const ms: number[] = [];
let isOver = false;
parentPort?.once('message', () => {
  isOver = true;
});
await ask();
while (!isOver) {
  const start = performance.now();
  await ask();
  const tookMs = performance.now() - start;
  ms.push(tookMs);
  await sleep(Math.max(0, EVERY_MS - tookMs));
}
await client.close();
parentPort?.postMessage(ms);

async function ask(): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const { body } = await client.request({
    method: 'POST',
    path: '/graphql',
    headers,
    body: '{"query":"{ __typename }"}',
  });
  const answer = await body.text();
  if (!answer.startsWith('{"data":{"__typename":"Query"}'))
    throw new Error(`Expected the type of the query, got ${answer}.`);
}
