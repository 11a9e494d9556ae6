import { EventEmitter } from 'node:events';
import { type OnReadOpts, Socket } from 'node:net';
import pg from 'pg';
import { RowBytes } from './row-bytes.ts';

/** Reads the rows of a running query from the bytes of the connection. */
export interface RowReader {
  /** False before the columns are known: pg reads the rows then. */
  readonly isReady: boolean;
  /** @param start of the body of a row's message @param end of it */
  readRow(source: RowBytes, start: number, end: number): void;
}

/** What is used of pg's connection. */
interface Wire {
  /** Called with the stream once it is connected, to listen to its messages. */
  attachListeners(stream: EventEmitter): void;
}

/** Most bytes of one read. */
const READ_BYTES = 65_536;

const DATA_ROW = 68;
/** The type of a message, and its length, which does not count the type. */
const TYPE_BYTES = 1;
const HEADER_BYTES = 5;

const splitters = new WeakMap<object, MessageSplitter>();

/** A client of pg whose rows are read by the query that runs, and not by pg. Everything else is as in pg. */
export class RowClient extends pg.Client {
  constructor(config?: pg.ClientConfig, readBytes = READ_BYTES) {
    /** What pg listens to: the stream without the rows. */
    const rest = new EventEmitter();
    const splitter = new MessageSplitter((bytes) => rest.emit('data', bytes));
    const createSocket = ({ ssl }: Pick<pg.ClientConfig, 'ssl'>) =>
      ssl ? new Socket() : new Socket({ onread: readInto(splitter, readBytes) });
    super({ ...config, stream: createSocket as () => Socket });
    const { connection } = this as unknown as { connection: Wire };
    const attach = connection.attachListeners.bind(connection);
    connection.attachListeners = (stream: EventEmitter) => {
      attach(rest);
      splitters.set(connection, splitter);
      // With TLS.
      stream.on('data', (bytes: Buffer) => splitter.take(bytes));
      stream.on('end', () => rest.emit('end'));
    };
  }
}

/** Reads into one buffer, where Node's streams allocate 64 KB for each read. */
function readInto(splitter: MessageSplitter, readBytes: number): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(readBytes),
    callback: (bytes, buffer) => {
      splitter.take(buffer.subarray(0, bytes) as Buffer);
      return true;
    },
  };
}

/** Gives the rows that come next on a connection to this reader. Without effect on a connection of a plain client of pg. */
export function readRowsWith(connection: object, reader: RowReader | undefined): void {
  const splitter = splitters.get(connection);
  if (splitter) splitter.reader = reader;
}

/**
 * Splits the bytes of a connection into rows and other messages.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
class MessageSplitter {
  reader: RowReader | undefined;
  readonly #onOther: (bytes: Buffer) => void;
  /** The beginning of a row, or of a header, whose rest has not come. */
  #begun: Buffer[] = [];
  #begunBytes = 0;
  /** How many bytes the whole of it has. */
  #wantedBytes = 0;
  /** Bytes to come of another message, whose beginning was passed on. */
  #otherBytes = 0;

  constructor(onOther: (bytes: Buffer) => void) {
    this.#onOther = onOther;
  }

  /** Takes the next bytes, whose buffer may be used for others afterwards. */
  take(chunk: Buffer): void {
    const bytes = this.#complete(chunk);
    if (!bytes) return;
    const source = new RowBytes(bytes);
    const end = bytes.length;
    let passed = 0;
    let at = Math.min(this.#otherBytes, end);
    this.#otherBytes -= at;
    const pass = () => {
      // pg keeps the beginning of a message until its end has come.
      if (passed < at) this.#onOther(Buffer.from(bytes.subarray(passed, at)));
      passed = at;
    };
    while (at + HEADER_BYTES <= end) {
      const next = at + TYPE_BYTES + bytes.readUInt32BE(at + TYPE_BYTES);
      if (bytes[at] === DATA_ROW) {
        // The message before it may tell the columns.
        pass();
        if (this.reader?.isReady) {
          if (next > end) {
            this.#keep(bytes.subarray(at), next - at);
            return;
          }
          this.reader.readRow(source, at + HEADER_BYTES, next);
          passed = next;
        }
      }
      at = next;
    }
    if (at > end) {
      this.#otherBytes = at - end;
      at = end;
    }
    pass();
    if (at < end) this.#keep(bytes.subarray(at), HEADER_BYTES);
  }

  /** @returns the bytes to go on with; undefined if more must come */
  #complete(chunk: Buffer): Buffer | undefined {
    if (this.#begunBytes === 0) return chunk;
    this.#begun.push(Buffer.from(chunk));
    this.#begunBytes += chunk.length;
    if (this.#begunBytes < this.#wantedBytes) return undefined;
    const bytes = Buffer.concat(this.#begun);
    this.#begun = [];
    this.#begunBytes = 0;
    return bytes;
  }

  #keep(bytes: Buffer, wantedBytes: number): void {
    this.#begun = [Buffer.from(bytes)];
    this.#begunBytes = bytes.length;
    this.#wantedBytes = wantedBytes;
  }
}
