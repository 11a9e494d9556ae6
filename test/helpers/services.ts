import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '../../src/gather/services/services.ts';
import { type Fixture, fixture, type ServiceAnswer } from './fixture.ts';
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

type ServiceName = keyof Services & string;

/** A service, under control. */
interface TestService {
  fault: Fault | undefined;
  /** Which requests the fault is for: all of them unless set. Not for `dead`. */
  isFaulty: (path: string) => boolean;
  /** How long each answer takes. */
  delayMs: number;
  /** Answers wait for it, besides: none comes before a test has done what it is to come after. */
  gate: Promise<unknown> | undefined;
  /** In place of what the service answers where all is well. */
  answer: ServiceAnswer | undefined;
  /** Paths with their queries, in the order they came. */
  readonly requests: string[];
  /** Takes them off the record. */
  takeRequests(): string[];
  /** Paths of those that are neither answered nor given up by the client yet. */
  readonly open: string[];
}

/** The services of the application on loopback, with short delays, and faults on demand. */
export type TestServices = Readonly<Record<ServiceName, TestService>> & {
  urls: Record<ServiceName, string>;
  /** No faults, default delays, and no requests on record. */
  reset(): void;
  /** Paths of the requests to all that are neither answered nor given up yet. */
  open(): string[];
  /** Takes the requests of all off the record. */
  takeRequests(): string[];
  /** Throws where a request is still neither answered nor given up by the client fifteen seconds later. */
  close(): Promise<void>;
};

const GRACE_MS = 15_000;

const FAULTS: Record<Exclude<Fault, 'dead'>, Handler> = {
  hang: hang(),
  reset: reset(),
  error: status(500),
  garbage: garbage(),
  huge: huge(),
};

/** Starts the services. Close them. */
export async function startServices(): Promise<TestServices> {
  const entries = Object.entries(fixture.services) as [ServiceName, Fixture['services'][ServiceName]][];
  const servers = await Promise.all(
    entries.map(async ([name, service]) => ({ name, service, server: await startHttpServer() })),
  );
  const controlled = servers.map(({ name, service, server }) => [name, control(server, service)] as const);
  return {
    ...(Object.fromEntries<TestService>(controlled) as Record<ServiceName, TestService>),
    urls: Object.fromEntries(servers.map(({ name, server }) => [name, server.url])) as TestServices['urls'],
    reset: () => {
      for (const [, service] of controlled) service.reset();
    },
    open: () => controlled.flatMap(([, service]) => service.open),
    takeRequests: () => controlled.flatMap(([, service]) => service.takeRequests()),
    close: async () => {
      const open = await openAfterGrace(servers.map(({ server }) => server));
      await Promise.all(servers.map(({ server }) => server.close()));
      if (open.length > 0) throw new Error(`Requests are still open: ${open.join(', ')}`);
    },
  };
}

function control(server: HttpServer, { answer: usual, delayMs }: Fixture['services'][ServiceName]) {
  let fault: Fault | undefined;
  const controlled = {
    delayMs,
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
      controlled.delayMs = delayMs;
      server.requests.length = 0;
    },
  };
  server.respond = (request, response) => {
    const answer = controlled.answer ?? usual(new URL(`http://service${request.url}`));
    const { gate } = controlled;
    const normal = delay(controlled.delayMs, async () => {
      await gate;
      send(answer, response);
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

function send({ status: code, headers, body }: ServiceAnswer, response: ServerResponse): void {
  if (body === undefined) response.writeHead(code, headers).end();
  else response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
