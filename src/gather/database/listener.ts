import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const CONNECT_TIMEOUT_MS = 5000;
const RECONNECT_MS = 250;
/** How long PostgreSQL may take to close the connection. */
const END_MS = 1000;

interface ListenerEvents {
  /** Called with the payload of each notification. */
  onNotification: (payload: string) => void;
  /** Called on each connection, the first one too: earlier notifications were missed. */
  onConnect: () => void;
  /** Called when the connection is lost, or closed. */
  onEnd?: () => void;
}

/** Listens to one channel of PostgreSQL on a connection of its own, and reconnects when that is lost. */
export class Listener {
  readonly #config: pg.ClientConfig;
  readonly #channel: string;
  readonly #events: ListenerEvents;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #cut = new AbortController();
  #isClosed = false;

  /** Begins to connect. Close it. */
  constructor(databaseUrl: string, channel: string, events: ListenerEvents) {
    this.#config = {
      connectionString: databaseUrl,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'gather listener',
      stream: () => new Socket({ signal: this.#cut.signal }),
    };
    this.#channel = channel;
    this.#events = events;
    void this.#connect();
  }

  /** Closes the connection within a second, even if PostgreSQL does not answer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const ended = this.#client?.end().catch(() => {});
    await Promise.race([ended, sleep(END_MS, undefined, { ref: false })]);
    this.#cut.abort();
  }

  async #connect(): Promise<void> {
    const client = new pg.Client(this.#config);
    this.#client = client;
    // Without a listener a lost connection would end the process. `end` follows each error.
    client.on('error', () => {});
    client.once('end', () => {
      this.#events.onEnd?.();
      this.#connectLater();
    });
    client.on('notification', ({ payload = '' }) => this.#events.onNotification(payload));
    try {
      await client.connect();
      await client.query(`listen ${this.#channel}`);
      this.#events.onConnect();
    } catch {
      await client.end().catch(() => {});
      this.#connectLater();
    }
  }

  #connectLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#connect(), RECONNECT_MS);
  }
}
