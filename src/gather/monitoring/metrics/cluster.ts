import cluster, { type Worker } from 'node:cluster';
import { on } from 'node:events';
import { AggregatorRegistry, type OpenMetricsContentType, Registry } from 'prom-client';
import type { Metrics, MetricsRegistry } from './metrics.ts';

type Values = Awaited<ReturnType<Registry['getMetricsAsJSON']>>;

/** The first process asks another one for its metrics. */
const QUESTION = { metrics: '?' };

/** The answer. */
interface Answer {
  metrics: Values;
}

/** Within the ten seconds that Prometheus waits. */
const ANSWER_TIMEOUT_MS = 3000;

/** In a process of a cluster: tells the first process its metrics when it asks. @returns stops it */
export function answerFirstProcess(registry: MetricsRegistry): () => void {
  const onMessage = async (message: unknown) => {
    if ((message as Partial<typeof QUESTION>).metrics !== QUESTION.metrics) return;
    const answer: Answer = { metrics: await registry.getMetricsAsJSON() };
    process.send?.(answer, undefined, undefined, () => {});
  };
  process.on('message', onMessage);
  return () => void process.off('message', onMessage);
}

/**
 * In the first process of a cluster: the metrics of all others, added up; of the largest, where a sum means nothing. Of a
 * process that does not answer in time, or has ended, counts what it answered last, so that no counter decreases. Close
 * it.
 */
export function createClusterMetrics(): Metrics {
  /** What each process that listens answered last. */
  const answers = new Map<Worker, Values>();
  /** The counters of those that have ended. */
  let ended: Values = [];
  const onListening = (worker: Worker) => void answers.set(worker, []);
  const onExit = (worker: Worker) => {
    const counters = (answers.get(worker) ?? []).filter(({ type }) => COUNTERS.has(`${type}`));
    ended = addUp([ended, counters]).getMetricsAsArray() as Values;
    answers.delete(worker);
  };
  cluster.on('listening', onListening).on('exit', onExit);

  return {
    async read() {
      const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      const asked = [...answers.keys()].filter((worker) => worker.isConnected());
      await Promise.all(
        asked.map(async (worker) => {
          const answer = await ask(worker, timeout);
          if (answer && answers.has(worker)) answers.set(worker, answer);
        }),
      );
      const sum = addUp([ended, ...answers.values()]);
      // Before a process listens, it is an empty line, which OpenMetrics does not allow.
      return (await sum.metrics()).trimStart();
    },
    close: () => void cluster.off('listening', onListening).off('exit', onExit),
  };
}

/** The types of what a process has counted: it stays true after its end. */
const COUNTERS: ReadonlySet<string> = new Set(['counter', 'histogram']);

function addUp(values: Values[]): MetricsRegistry {
  const sum = AggregatorRegistry.aggregate<OpenMetricsContentType>(values);
  sum.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  return sum;
}

/** @returns undefined if it ends before, or is too late */
async function ask(worker: Worker, timeout: AbortSignal): Promise<Values | undefined> {
  worker.send(QUESTION, () => {});
  try {
    for await (const [message] of on(worker, 'message', { signal: timeout, close: ['exit'] })) {
      if (Array.isArray((message as Partial<Answer>).metrics)) return (message as Answer).metrics;
    }
  } catch (error) {
    if (!timeout.aborted) throw error;
  }
  return undefined;
}
