import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RefusalReason, type Refusals, reasonOf } from '../monitoring/refusals.ts';
import { addressOf } from './address.ts';
import { type Fault, onRefusal } from './refuse.ts';

const MAX_LENGTH = 100;

interface RefusalLogConfig {
  /** The first segments of the paths that are logged; any other may be a secret. */
  segments: ReadonlySet<string>;
  /** Number of proxies in front of the server. */
  proxyHops: number;
}

/** Logs the requests that the server refuses, unless it is at fault itself: then who answers logs that. */
export class RefusalLog {
  readonly #refusals: Refusals;
  readonly #config: RefusalLogConfig;

  constructor(refusals: Refusals, config: RefusalLogConfig) {
    this.#refusals = refusals;
    this.#config = config;
  }

  /** Logs if this request is refused. Call it before it may be. */
  watch(request: IncomingMessage, response: ServerResponse): void {
    onRefusal(response, (fault) => {
      if (fault.status >= 500 && fault.code !== 'BUSY') return;
      const reason = this.#reasonOf(fault);
      this.#add(fault, () => ({
        request: `${request.method} ${this.#placeOf(request)}`,
        address: addressOf(request, this.#config.proxyHops),
        ...(reason === 'host' && { host: cut(request.headers.host) }),
        ...(reason === 'origin' && { origin: cut(request.headers.origin) }),
      }));
    });
  }

  /** Logs bytes that are no HTTP. */
  addNotHttp(fault: Fault, socket: Duplex): void {
    this.#add(fault, () => ({ request: '(no HTTP request)', address: addressOfSocket(socket) }));
  }

  /** Logs a connection that is closed at once because there are too many. */
  addConnection(socket: Duplex): void {
    this.#refusals.add('limit', () => ({ request: '(connection)', address: addressOfSocket(socket) }));
  }

  #add(fault: Fault, toLine: () => object): void {
    const { status, code = 'BAD_REQUEST' } = fault;
    this.#refusals.add(this.#reasonOf(fault), () => ({ ...toLine(), status, code }));
  }

  #reasonOf({ status, code = 'BAD_REQUEST', reason }: Fault): RefusalReason {
    return reason ?? reasonOf(code, status) ?? 'request';
  }

  #placeOf({ url = '' }: IncomingMessage): string {
    const [, segment = ''] = url.split(/[/?]/, 2);
    return this.#config.segments.has(segment) ? `/${segment}` : '(another path)';
  }
}

/** As an operator needs it to see which setting lacks it. */
function cut(sent = ''): string {
  return sent.slice(0, MAX_LENGTH);
}

function addressOfSocket(socket: Duplex): string {
  const { remoteAddress } = socket as { remoteAddress?: string };
  return addressOf({ socket: { remoteAddress }, headers: {} }, 0);
}
