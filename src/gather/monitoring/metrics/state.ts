import { Gauge } from 'prom-client';
import type { MetricsGroup } from './metrics.ts';

/** The state of a pool of connections. */
export interface PoolState {
  name: string;
  used: number;
  idle: number;
  max: number;
  /** Callers that wait for a connection or for their share. */
  waiting: number;
}

/** The state of a service's client. */
export interface ServiceState {
  running: number;
  queued: number;
  breaker: 'closed' | 'open' | 'half-open';
}

const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;

/** What waits, the pools of connections and the clients of services, as they are at the moment. */
export const showState: MetricsGroup = (registry, source) => {
  const registers = [registry];
  new Gauge({
    name: 'gather_waiting_requests',
    help: 'Requests of operations that wait to begin.',
    registers,
    collect() {
      this.set(source.waitingRequests());
    },
  });
  new Gauge({
    name: 'db_client_connection_count',
    help: 'Connections to PostgreSQL.',
    labelNames: ['db_client_connection_pool_name', 'db_client_connection_state'],
    registers,
    collect() {
      for (const { name, used, idle } of source.pools()) {
        this.set({ db_client_connection_pool_name: name, db_client_connection_state: 'used' }, used);
        this.set({ db_client_connection_pool_name: name, db_client_connection_state: 'idle' }, idle);
      }
    },
  });
  new Gauge({
    name: 'db_client_connection_max',
    help: 'Most connections to PostgreSQL.',
    labelNames: ['db_client_connection_pool_name'],
    registers,
    collect() {
      for (const { name, max } of source.pools()) this.set({ db_client_connection_pool_name: name }, max);
    },
  });
  new Gauge({
    name: 'db_client_connection_pending_requests',
    help: 'Statements that wait for a connection, or for their share of the connections.',
    labelNames: ['db_client_connection_pool_name'],
    registers,
    collect() {
      for (const { name, waiting } of source.pools()) this.set({ db_client_connection_pool_name: name }, waiting);
    },
  });
  new Gauge({
    name: 'http_client_active_requests',
    help: 'Calls to services under way.',
    labelNames: ['gather_service'],
    registers,
    collect() {
      for (const [name, { running }] of Object.entries(source.services())) this.set({ gather_service: name }, running);
    },
  });
  new Gauge({
    name: 'gather_service_queued_calls',
    help: 'Calls to services that wait for a connection.',
    labelNames: ['gather_service'],
    registers,
    collect() {
      for (const [name, { queued }] of Object.entries(source.services())) this.set({ gather_service: name }, queued);
    },
  });
  new Gauge({
    name: 'gather_service_breaker_state',
    help: 'The state of the breaker of each service: 1 for the present state, 0 for the others.',
    aggregator: 'max',
    labelNames: ['gather_service', 'state'],
    registers,
    collect() {
      for (const [name, { breaker }] of Object.entries(source.services())) {
        for (const state of BREAKER_STATES) this.set({ gather_service: name, state }, breaker === state ? 1 : 0);
      }
    },
  });
};
