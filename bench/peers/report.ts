import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import pg from 'pg';
import { drawChart } from './chart.ts';

/** What was measured of a server. */
export interface Result {
  name: string;
  /** CPU time of its process per request, in microseconds. */
  cpuUs: number;
  /** The same as a multiple of the hand-written server's. */
  ratio: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
}

interface Machine {
  date: string;
  /** Cores and processor. */
  processor: string;
  node: string;
  postgres: string;
  /** Names and versions of the packages. */
  packages: string;
}

interface Run extends Machine {
  /** Of the machine in the minute before the run. */
  load: number;
  rounds: number;
  /** Per round. */
  requests: number;
  connections: number;
}

/** The machine and the versions of this run. */
export async function describeMachine(databaseUrl: string): Promise<Machine> {
  const { dependencies } = JSON.parse(await readFile(new URL('./package.json', import.meta.url), 'utf8'));
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query('show server_version');
  await client.end();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${availableParallelism()} cores, ${cpus()[0]?.model.replaceAll(/\((?:R|TM)\)/g, '')}`,
    node: process.versions.node,
    postgres: rows[0].server_version,
    packages: Object.entries(dependencies)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  };
}

export function toChart(results: readonly Result[], run: Omit<Run, 'connections'>): string {
  return drawChart({
    title: 'CPU time per request for the same page (less is better)',
    subtitle: `Twenty items, their suppliers, five reviews each and their customers; from PostgreSQL. Medians of ${run.rounds} rounds.`,
    axis: 'CPU time of the server process per request, in µs',
    bars: results.map(({ name, cpuUs, ratio }) => ({
      label: name,
      value: cpuUs,
      text: `${toText(cpuUs)} µs · ${ratio.toFixed(2)}×`,
      isOurs: name === 'Gather',
    })),
    caption: `${run.date}, ${run.processor}, Node ${run.node}, PostgreSQL ${run.postgres}, load ${run.load.toFixed(1)} before the run`,
  });
}

export function toMarkdown(results: readonly Result[], run: Run): string {
  const rows = results.map(
    ({ name, cpuUs, ratio, perSecond, p50Ms, p99Ms }) =>
      `| ${name} | ${toText(cpuUs)} µs | ${ratio.toFixed(2)} | ${toText(perSecond)} | ${p50Ms.toFixed(0)} ms | ${p99Ms.toFixed(0)} ms |`,
  );
  return `# Gather and its peers

\`npm --prefix bench/peers ci && node bench/peers/run.ts\` wrote this page and its chart on ${run.date}.

![CPU time per request of each server](peers.svg)

| | CPU per request | ratio | requests per second | p50 | p99 |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

The page: twenty items, the supplier of each, its five newest reviews, and their customers. All servers read the same
database and must give the same items, before the first round and at the end of each.

**Run:** ${run.processor}; load average ${run.load.toFixed(1)} in the minute before; Node ${run.node}, PostgreSQL ${run.postgres};
${run.packages}.

**Method:** one process for each server, all with \`NODE_ENV=production\` and a pool of ten connections. After a warm-up,
${run.rounds} rounds in turn, each of ${toText(run.requests)} requests to each server on ${run.connections} connections. CPU time is that of the
server's process, without PostgreSQL; the ratio compares it with Fastify's in the same round. Both are medians; p50 and
p99 are of all requests. Requests per second depend also on PostgreSQL and the sender of the requests, which share the
cores.

**The servers** are the files in [bench/peers](../bench/peers). All but Gather and PostGraphile, which write their own SQL,
share four named statements. Gather does all that it does in production: limits and cost, authorization, deadlines,
cancellation, the timing of each call, a line in the log for each operation. The others do none of this: they are set up
as their documentation does it, without a log.
`;
}

function toText(value: number): string {
  return Math.round(value).toLocaleString('en');
}
