import { Histogram } from 'prom-client';
import { type Call, calls } from '../../calls.ts';
import { REQUEST_SECONDS, STATEMENT_SECONDS } from './buckets.ts';
import type { MetricsGroup } from './metrics.ts';

/**
 * Calls by source, name and outcome. Names by the conventions for databases and HTTP:
 * https://opentelemetry.io/docs/specs/semconv/db/database-metrics/
 */
export const countCalls: MetricsGroup = (registry) => {
  const registers = [registry];
  const postgres = new Histogram({
    name: 'db_client_operation_duration_seconds',
    help: 'Duration of statements, the wait for a connection included.',
    labelNames: ['db_system_name', 'db_query_summary', 'error_type'],
    buckets: STATEMENT_SECONDS,
    registers,
  });
  const http = new Histogram({
    name: 'http_client_request_duration_seconds',
    help: 'Duration of calls to services, waiting and retries included.',
    labelNames: ['http_request_method', 'gather_service', 'gather_call', 'error_type'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const bucket = new Histogram({
    name: 'gather_bucket_operation_duration_seconds',
    help: 'Duration of operations on the bucket of files, each any number of requests.',
    labelNames: ['gather_call', 'error_type'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const disk = new Histogram({
    name: 'gather_disk_operation_duration_seconds',
    help: 'Duration of operations on the disk.',
    labelNames: ['gather_call', 'error_type'],
    buckets: REQUEST_SECONDS,
    registers,
  });

  const listener = (message: unknown) => {
    const { kind, method, name, duration, outcome } = message as Call;
    const seconds = duration / 1000;
    const error = outcome === 'ok' ? {} : { error_type: outcome };
    if (kind === 'postgres') {
      postgres.observe({ db_system_name: 'postgresql', db_query_summary: name, ...error }, seconds);
    } else if (method !== undefined) {
      const service = name.split('.', 1)[0] ?? name;
      http.observe({ http_request_method: method, gather_service: service, gather_call: name, ...error }, seconds);
    } else (kind === 'http' ? bucket : disk).observe({ gather_call: name, ...error }, seconds);
  };
  calls.subscribe(listener);
  return () => void calls.unsubscribe(listener);
};
