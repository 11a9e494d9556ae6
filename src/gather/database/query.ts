import pg from 'pg';
import { type AS_SERVER, type LocalSettings, settingsToMake } from './local-settings.ts';
import type { RowBytes } from './row-bytes.ts';
import { type RowReader, readRowsWith } from './row-client.ts';
import { type ResultField, RowFormat } from './row-format.ts';
import { type BoundStatement, currentGeneration } from './statement.ts';
import { isPooledByTransaction } from './transaction-pooling.ts';

/** The result of a statement. `count` is the number of rows that it returned or changed. */
export interface Result<Row> {
  rows: Row[];
  count: number;
}

interface QueryOptions {
  /** How long PostgreSQL may take before the query fails; its connection is broken then. */
  timeoutMs: number;
  /** Called with the bytes of each row as it arrives. @returns whether more rows may come */
  onRead?: ((bytes: number) => boolean) | undefined;
  /** The settings that its transaction must have. @default any */
  settings?: LocalSettings | typeof AS_SERVER | undefined;
}

/** What a query uses of pg's connection. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void; destroy(): void };
  /** The texts of prepared statements by name. */
  readonly parsedStatements: Record<string, string>;
  query(text: string): void;
  close(statement: { type: 'S'; name: string }): void;
  parse(statement: { name: string; text: string }): void;
  bind(portal: { statement: string; values: readonly unknown[]; valueMapper: (value: unknown) => unknown }): void;
  describe(target: { type: 'P'; name: string }): void;
  execute(portal: object): void;
  sync(): void;
  sendCopyFail(message: string): void;
}

/** What pg exports and its types leave out. */
interface PgInternals {
  utils: { prepareValue(value: unknown): unknown };
}

type Settle<Row> = (error: unknown, result?: Result<Row>) => void;

const { utils } = pg as unknown as PgInternals;
const DIGITS = /^-?\d+$/;

/** The columns of the named statements of each connection. They do not change for as long as the statement does not. */
const formatsOf = new WeakMap<Connection, Map<string, RowFormat>>();

/** The generation of the names that each connection has. */
const generationOf = new WeakMap<Connection, number>();

/** Runs one statement on a connection. @throws what pg throws */
export function runQuery<Row>(
  client: pg.ClientBase,
  statement: BoundStatement<Row>,
  options: QueryOptions,
): Promise<Result<Row>> {
  return new Promise((resolve, reject) => {
    const settle: Settle<Row> = (error, result) => (result ? resolve(result) : reject(error));
    const sent = isPooledByTransaction(client) ? { ...statement, name: undefined } : statement;
    client.query(new Query(sent, client, options, settle) as unknown as pg.Submittable);
  });
}

/**
 * A query in pg's interface for submittables, which costs less than pg's own: a named statement is described once per
 * connection and not at each run, its rows are read from the bytes and counted, and whole numbers in arrays are not escaped.
 */
class Query<Row> implements RowReader {
  /** By which pg knows the statement that it prepares: the one that makes settings, until that has ended. */
  name: string | undefined;
  text: string;
  readonly #statement: BoundStatement<Row>;
  readonly #client: pg.ClientBase;
  readonly #onRead: QueryOptions['onRead'];
  readonly #settings: QueryOptions['settings'];
  readonly #settle: Settle<Row>;
  readonly #timer: NodeJS.Timeout;
  #connection: Connection | undefined;
  #format: RowFormat | undefined;
  #isMakingSettings = false;
  readonly #rows: Row[] = [];
  #count = 0;
  /** Of a row that could not be parsed. */
  #failure: unknown;

  constructor(
    statement: BoundStatement<Row>,
    client: pg.ClientBase,
    { timeoutMs, onRead, settings }: QueryOptions,
    settle: Settle<Row>,
  ) {
    this.name = statement.name;
    this.text = statement.text;
    this.#statement = statement;
    this.#client = client;
    this.#onRead = onRead;
    this.#settings = settings;
    this.#settle = settle;
    this.#timer = setTimeout(() => this.handleError(new Error('Query read timeout')), timeoutMs);
  }

  submit(connection: Connection): void {
    this.#connection = connection;
    readRowsWith(connection, this);
    const { name, text, values } = this.#statement;
    const settings = this.#settings && settingsToMake(this.#client, this.#settings);
    if (!settings && name === undefined && values.length === 0) {
      connection.query(text);
      return;
    }
    connection.stream.cork();
    try {
      this.#closeFormer(connection, name ?? '', text);
      if (settings) this.#sendSettings(connection, settings);
      this.#send(connection, name ?? '');
    } catch (error) {
      // A value that cannot be sent.
      this.handleError(error);
    } finally {
      connection.sync();
      connection.stream.uncork();
    }
  }

  /** In one transaction with the statement that follows: the next `sync` ends it. */
  #sendSettings(connection: Connection, { name, text, values }: LocalSettings): void {
    this.name = isPooledByTransaction(this.#client) ? undefined : name;
    this.text = text;
    const sent = this.name ?? '';
    this.#parse(connection, sent, text);
    connection.bind({ statement: sent, values, valueMapper: toParameter });
    connection.execute({});
    this.#isMakingSettings = true;
  }

  #send(connection: Connection, name: string): void {
    const { text, values } = this.#statement;
    this.#parse(connection, name, text);
    connection.bind({ statement: name, values, valueMapper: toParameter });
    this.#format = formatsOf.get(connection)?.get(name);
    if (!this.#format) connection.describe({ type: 'P', name: '' });
    connection.execute({});
  }

  /** Has the connection know the statement. */
  #parse(connection: Connection, name: string, text: string): void {
    if (connection.parsedStatements[name] !== text) connection.parse({ name, text });
  }

  /**
   * Closes another statement that has had this name on the connection, and after a migration those of before. Comes first: if the
   * settings fail, PostgreSQL skips what follows.
   */
  #closeFormer(connection: Connection, name: string, text: string): void {
    const current = currentGeneration();
    if (generationOf.get(connection) !== current) {
      generationOf.set(connection, current);
      for (const known of Object.keys(connection.parsedStatements)) close(connection, known);
      return;
    }
    const known = connection.parsedStatements[name];
    if (known !== undefined && known !== text) close(connection, name);
  }

  handleRowDescription({ fields }: { fields: readonly ResultField[] }): void {
    const names = this.#statement.fields;
    const named = names ? fields.map((field) => ({ ...field, name: names.get(field.name) ?? field.name })) : fields;
    const format = new RowFormat(named, this.#client);
    this.#format = format;
    if (this.name === undefined || !this.#connection) return;
    const formats = formatsOf.get(this.#connection) ?? new Map<string, RowFormat>();
    formatsOf.set(this.#connection, formats.set(this.name, format));
  }

  get isReady(): boolean {
    return this.#format !== undefined;
  }

  readRow(source: RowBytes, start: number, end: number): void {
    this.#add(end - start, (format) => format.read(source, start));
  }

  /** Called for rows that pg has read. */
  handleDataRow({ fields, length }: { fields: readonly (string | null)[]; length: number }): void {
    this.#add(length, (format) => format.parse(fields));
  }

  #add(bytes: number, read: (format: RowFormat) => object): void {
    try {
      if (this.#format) this.#rows.push(read(this.#format) as Row);
    } catch (error) {
      this.#failure = error;
    }
    // PostgreSQL ignores cancel requests while it sends rows, so the connection is cut.
    if (this.#onRead?.(bytes) === false) this.#connection?.stream.destroy();
  }

  /** @param message with the text of `INSERT 0 3` or `SELECT 20` */
  handleCommandComplete({ text }: { text: string }): void {
    if (this.#isMakingSettings) {
      this.#isMakingSettings = false;
      this.name = this.#statement.name;
      this.text = this.#statement.text;
      return;
    }
    // Other statements than those that touch rows end in a word.
    this.#count = Number(text.slice(text.lastIndexOf(' ') + 1)) || 0;
  }

  handleReadyForQuery(): void {
    if (this.#failure === undefined) this.#end(undefined, { rows: this.#rows, count: this.#count });
    else this.#end(this.#failure);
  }

  handleError(error: unknown): void {
    this.#end(error);
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: Connection): void {
    connection.sendCopyFail('Statements that copy are not supported.');
  }

  handleCopyData(): void {}

  #end(error: unknown, result?: Result<Row>): void {
    clearTimeout(this.#timer);
    if (this.#connection) readRowsWith(this.#connection, undefined);
    this.#settle(error, result);
  }
}

function close(connection: Connection, name: string): void {
  delete connection.parsedStatements[name];
  formatsOf.get(connection)?.delete(name);
  connection.close({ type: 'S', name });
}

/** A value in the format of PostgreSQL: as pg does, but joins arrays of whole numbers and IDs without escaping them. */
export function toParameter(value: unknown): unknown {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every(isWhole) ? `{${value.join(',')}}` : utils.prepareValue(value);
}

function isWhole(value: unknown): boolean {
  return typeof value === 'string' ? DIGITS.test(value) : Number.isSafeInteger(value);
}
