import { Gauge, Histogram } from 'prom-client';
import { type JobEvent, jobs } from '../channels.ts';
import type { MetricsGroup } from './metrics.ts';

/** The unsettled jobs of a task in one state. */
export interface JobCount {
  task: string;
  state: string;
  count: number;
  /** Seconds since the oldest of them was created. */
  oldestSeconds: number;
}

const RUN_SECONDS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];

/**
 * Runs of jobs in this process, and the unsettled jobs of all. Names by the conventions for messaging:
 * https://opentelemetry.io/docs/specs/semconv/messaging/messaging-metrics/
 */
export const countJobs: MetricsGroup = (registry, source) => {
  const registers = [registry];
  let reading: Promise<readonly JobCount[]> | undefined;
  /** One statement for both gauges. A database that cannot be read costs these gauges only. */
  const read = () => {
    reading ??= source
      .jobs()
      .catch(() => [])
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
  const show = (name: string, help: string, toValue: (counted: JobCount) => number) =>
    new Gauge({
      name,
      help,
      labelNames: ['task', 'state'],
      // Each process of a cluster counts all.
      aggregator: 'max',
      registers,
      async collect() {
        const counts = await read();
        this.reset();
        for (const counted of counts) this.set({ task: counted.task, state: counted.state }, toValue(counted));
      },
    });
  show('gather_jobs', 'Unsettled jobs of all processes.', ({ count }) => count);
  show('gather_job_oldest_age_seconds', 'Age of the oldest unsettled job.', ({ oldestSeconds }) => oldestSeconds);
  const duration = new Histogram({
    name: 'messaging_process_duration_seconds',
    help: 'Duration of runs of jobs in this process.',
    labelNames: ['messaging_destination_name', 'error_type'],
    buckets: RUN_SECONDS,
    registers,
  });

  const starts = new WeakMap<object, number>();
  const onStart = (message: unknown) => void starts.set(message as object, performance.now());
  const onEnd = (message: unknown) => {
    const { task, result } = message as JobEvent;
    const error = { failed: 'retried', deadletter: 'failed', completed: undefined }[result ?? 'failed'];
    const seconds = (performance.now() - (starts.get(message as object) ?? 0)) / 1000;
    duration.observe({ messaging_destination_name: task, ...(error !== undefined && { error_type: error }) }, seconds);
  };
  jobs.start.subscribe(onStart);
  jobs.asyncEnd.subscribe(onEnd);
  return () => {
    jobs.start.unsubscribe(onStart);
    jobs.asyncEnd.unsubscribe(onEnd);
  };
};
