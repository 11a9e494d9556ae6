import { Counter, Histogram } from 'prom-client';
import { type OperationEvent, operations } from '../channels.ts';
import { PHASES } from '../timing.ts';
import { REQUEST_SECONDS } from './buckets.ts';
import type { MetricsGroup } from './metrics.ts';

/** The name of operations whose documents are not trusted: clients choose theirs, so there may be any number. */
const OTHER = '_OTHER';

const PHASE_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/**
 * Operations, their phases and their cost. Names by the draft conventions for GraphQL:
 * https://github.com/graphql/otel-wg/blob/main/spec/metrics.yaml
 */
export const countOperations: MetricsGroup = (registry) => {
  const registers = [registry];
  const operation = ['graphql_operation_type', 'graphql_operation_name'] as const;
  const duration = new Histogram({
    name: 'graphql_server_request_duration_seconds',
    help: 'Duration of operations, from their parameters to the end of the last payload.',
    labelNames: [...operation, 'error_type'],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const phases = PHASES.map((phase) => ({
    phase,
    histogram: new Histogram({
      name: `graphql_server_request_${phase}_duration_seconds`,
      help: `Duration of the phase ${phase} of operations.`,
      labelNames: operation,
      buckets: PHASE_SECONDS,
      registers,
    }),
  }));
  const errors = new Counter({
    name: 'gather_operation_errors',
    help: 'Errors in the answers to operations.',
    labelNames: operation,
    registers,
  });
  const spent = new Counter({
    name: 'gather_cost_spent_points',
    help: 'Points that operations have cost.',
    labelNames: operation,
    registers,
  });
  const refused = new Counter({
    name: 'gather_cost_refused_points',
    help: 'Points that refused operations would have cost at most.',
    labelNames: operation,
    registers,
  });

  const listener = (message: unknown) => {
    const event = message as OperationEvent;
    const labels = {
      graphql_operation_type: event.type ?? OTHER,
      graphql_operation_name: event.documentId === undefined ? OTHER : (event.name ?? OTHER),
    };
    const errorType = event.errors[0]?.code;
    const seconds = (performance.now() - event.start) / 1000;
    duration.observe({ ...labels, ...(errorType !== undefined && { error_type: errorType }) }, seconds);
    for (const { phase, histogram } of phases) {
      const ms = event.phases?.[phase] ?? 0;
      if (ms > 0) histogram.observe(labels, ms / 1000);
    }
    if (event.errorCount > 0) errors.inc(labels, event.errorCount);
    if (!event.cost) return;
    if (event.cost.spent === null) refused.inc(labels, event.cost.requested);
    else spent.inc(labels, event.cost.spent);
  };
  operations.asyncEnd.subscribe(listener);
  return () => void operations.asyncEnd.unsubscribe(listener);
};
