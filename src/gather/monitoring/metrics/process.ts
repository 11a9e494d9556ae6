import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Counter, Gauge } from 'prom-client';
import type { MetricsGroup } from './metrics.ts';

const RESOLUTION_MS = 10;
const NS_PER_SECOND = 1e9;
const US_PER_SECOND = 1e6;

/**
 * The event loop, CPU time and memory of this process. Names by the conventions for Node and V8:
 * https://opentelemetry.io/docs/specs/semconv/runtime/nodejs-metrics/
 */
export const measureProcess: MetricsGroup = (registry) => {
  const registers = [registry];
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  // The timer's own interval is part of each value that Node measures.
  const toSeconds = (ns: number) => Math.max(0, ns / NS_PER_SECOND - RESOLUTION_MS / 1000) || 0;
  const values = {
    min: () => delay.min,
    mean: () => delay.mean,
    p50: () => delay.percentile(50),
    p90: () => delay.percentile(90),
    p99: () => delay.percentile(99),
    max: () => {
      const { max } = delay;
      // The last of them, so that each scrape shows the time since the one before.
      delay.reset();
      return max;
    },
  };
  for (const [name, read] of Object.entries(values)) {
    new Gauge({
      name: `nodejs_eventloop_delay_${name}_seconds`,
      help: `The ${name} of the event loop's delay since the last scrape.`,
      aggregator: 'max',
      registers,
      collect() {
        this.set(toSeconds(read()));
      },
    });
  }
  let before = performance.eventLoopUtilization();
  new Gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of the time since the last scrape in which the event loop was busy.',
    aggregator: 'max',
    registers,
    collect() {
      const now = performance.eventLoopUtilization();
      this.set(performance.eventLoopUtilization(now, before).utilization);
      before = now;
    },
  });
  new Counter({
    name: 'process_cpu_time_seconds',
    help: 'CPU time of this process.',
    labelNames: ['cpu_mode'],
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc({ cpu_mode: 'user' }, user / US_PER_SECOND);
      this.inc({ cpu_mode: 'system' }, system / US_PER_SECOND);
    },
  });
  new Gauge({
    name: 'process_memory_usage_bytes',
    help: 'Resident memory of this process.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'v8js_memory_heap_used_bytes',
    help: "Used part of V8's heap.",
    registers,
    collect() {
      this.set(getHeapStatistics().used_heap_size);
    },
  });
  return () => void delay.disable();
};
