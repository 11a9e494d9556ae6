import { createServer } from 'node:http';
import { listen } from '../src/gather/http/listen.ts';
import { seed } from '../src/smokehouse/seed/seed.ts';
import { MeasuredServer } from './measured-server.ts';
import { median } from './median.ts';
import { pages } from './pages.ts';
import type { Monitoring } from './server.ts';
import { startBench } from './start-bench.ts';

/**
 * The CPU time per request of a page with metrics, and with traces of a tenth and of all requests, as a multiple of that
 * with neither. Two servers have neither: what they differ by is the noise of the measurement.
 */
const CONNECTIONS = 16;
const REQUESTS_PER_ROUND = 100;
const ROUNDS = 15;
const KINDS: readonly Monitoring[] = ['none', 'none', 'metrics', 'some traces', 'all traces'];

await using stack = new AsyncDisposableStack();
const { databaseUrl, urls } = await startBench(stack);
await seed(databaseUrl, { size: 'shop' });
const collector = createServer((request, response) => {
  request.resume().once('end', () => response.end());
});
process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = await listen(collector, '127.0.0.1', 0);
stack.defer(() => {
  collector.closeAllConnections();
  collector.close();
});

const servers: MeasuredServer[] = [];
for (const monitoring of KINDS) {
  process.env['OTEL_TRACES_SAMPLER'] = 'parentbased_traceidratio';
  process.env['OTEL_TRACES_SAMPLER_ARG'] = monitoring === 'all traces' ? '1' : '0.1';
  const options = { kind: 'gather', databaseUrl, urls, monitoring } as const;
  servers.push(stack.use(await MeasuredServer.start(options, CONNECTIONS)));
}

const body = { query: pages.everything.query };
const rounds: number[][] = [];
for (let round = 0; round <= ROUNDS; round++) {
  const costs: number[] = [];
  for (const [at] of servers.entries()) {
    // Each round begins with another server.
    const place = (at + round) % servers.length;
    costs[place] = await costPerRequest(servers[place] as MeasuredServer);
  }
  // The first round is a warm-up.
  if (round > 0) rounds.push(costs);
}
for (const [at, monitoring] of KINDS.entries()) {
  const us = median(rounds.map((costs) => costs[at] as number));
  const ratio = median(rounds.map((costs) => (costs[at] as number) / (costs[0] as number)));
  console.log(`${monitoring.padEnd(12)} ${us.toFixed(0)} µs of CPU per request: ${ratio.toFixed(2)} times`);
}

async function costPerRequest(server: MeasuredServer): Promise<number> {
  const before = await server.cpu();
  let left = REQUESTS_PER_ROUND;
  const worker = async () => {
    while (left-- > 0) await server.post(body);
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));
  return ((await server.cpu()) - before) / REQUESTS_PER_ROUND;
}
