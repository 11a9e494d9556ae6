import { setTimeout as sleep } from 'node:timers/promises';
import { services as examples, type ServiceName } from '../../src/smokehouse/example-services/index.ts';
import { send } from '../../src/smokehouse/example-services/listen.ts';
import type { Answer, Service } from '../../src/smokehouse/example-services/service.ts';
import {
  delay,
  garbage,
  type Handler,
  type HttpServer,
  hang,
  huge,
  reset,
  startHttpServer,
  status,
} from './http-server.ts';

/**
 * How a service misbehaves: it never answers, cuts the connection after the request, answers 500, sends no JSON, sends
 * 100 MB, or cuts each connection before a request.
 */
export type Fault = 'hang' | 'reset' | 'error' | 'garbage' | 'huge' | 'dead';

/** One of the five services, under control. */
interface TestService {
  fault: Fault | undefined;
  /** Which requests the fault is for: all of them unless set. Not for `dead`. */
  isFaulty: (path: string) => boolean;
  /** How long each answer takes. */
  delayMs: number;
  /** Answers wait for it, besides: none comes before a test has done what it is to come after. */
  gate: Promise<unknown> | undefined;
  /** In place of what the example service answers; the delay stays `delayMs`. */
  answer: Omit<Answer, 'delayMs'> | undefined;
  /** Paths with their queries, in the order they came. */
  readonly requests: string[];
  /** Takes them off the record. */
  takeRequests(): string[];
  /** Paths of those that are neither answered nor given up by the client yet. */
  readonly open: string[];
}

/** The five services of the Smokehouse on loopback: the example services with short delays, and faults on demand. */
export interface TestServices extends Readonly<Record<ServiceName, TestService>> {
  urls: Record<ServiceName, string>;
  /** No faults, default delays, and no requests on record. */
  reset(): void;
  /** Throws where a request is still neither answered nor given up by the client fifteen seconds later. */
  close(): Promise<void>;
}

const DELAY_MS = 10;
const SUPPLIERS_DELAY_MS = 50;
const GRACE_MS = 15_000;

const FAULTS: Record<Exclude<Fault, 'dead'>, Handler> = {
  hang: hang(),
  reset: reset(),
  error: status(500),
  garbage: garbage(),
  huge: huge(),
};

/** Starts the five services. Close them. */
export async function startServices(): Promise<TestServices> {
  const servers = {
    promo: await startHttpServer(),
    recommendations: await startHttpServer(),
    pricing: await startHttpServer(),
    inventory: await startHttpServer(),
    suppliers: await startHttpServer(),
  };
  const controlled = {
    promo: control(servers.promo, examples.promo),
    recommendations: control(servers.recommendations, examples.recommendations),
    pricing: control(servers.pricing, examples.pricing),
    inventory: control(servers.inventory, examples.inventory),
    suppliers: control(servers.suppliers, examples.suppliers, SUPPLIERS_DELAY_MS),
  };
  return {
    ...controlled,
    urls: Object.fromEntries(Object.entries(servers).map(([name, { url }]) => [name, url])) as TestServices['urls'],
    reset: () => {
      for (const service of Object.values(controlled)) service.reset();
    },
    close: async () => {
      const open = await openAfterGrace(Object.values(servers));
      await Promise.all(Object.values(servers).map((server) => server.close()));
      if (open.length > 0) throw new Error(`Requests are still open: ${open.join(', ')}`);
    },
  };
}

function control(server: HttpServer, service: Service, defaultDelayMs = DELAY_MS) {
  let fault: Fault | undefined;
  const controlled = {
    delayMs: defaultDelayMs,
    isFaulty: (_path: string) => true,
    gate: undefined as TestService['gate'],
    answer: undefined as TestService['answer'],
    get fault() {
      return fault;
    },
    set fault(value: Fault | undefined) {
      fault = value;
      server.isDead = value === 'dead';
    },
    get requests() {
      return server.requests.map(({ path }) => path);
    },
    takeRequests: () => server.requests.splice(0).map(({ path }) => path),
    get open() {
      return [...server.open].map(({ path }) => path);
    },
    reset: () => {
      controlled.fault = undefined;
      controlled.isFaulty = () => true;
      controlled.gate = undefined;
      controlled.answer = undefined;
      controlled.delayMs = defaultDelayMs;
      server.requests.length = 0;
    },
  };
  server.respond = (request, response) => {
    const answer = controlled.answer ?? service(new URL(`http://service${request.url}`));
    const { gate } = controlled;
    const normal = delay(controlled.delayMs, async () => {
      await gate;
      send({ ...answer, delayMs: 0 }, response);
    });
    const faulty = fault && fault !== 'dead' && controlled.isFaulty(request.url ?? '') ? FAULTS[fault] : undefined;
    const handler = faulty ?? normal;
    handler(request, response);
  };
  return controlled;
}

async function openAfterGrace(servers: HttpServer[]): Promise<string[]> {
  const findOpen = () => servers.flatMap(({ open }) => [...open].map(({ path }) => path));
  const until = performance.now() + GRACE_MS;
  while (findOpen().length > 0 && performance.now() < until) await sleep(10);
  return findOpen();
}
