import pg from 'pg';
import type { BoundStatement } from './statement.ts';
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
}

/** Parses rows into objects: pg's `Result`, whose methods its types leave out. */
interface RowParser {
  addFields(fields: readonly unknown[]): void;
  parseRow(fields: readonly (string | null)[]): unknown;
}

/** What a query uses of pg's connection. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void; destroy(): void };
  readonly parsedStatements: Readonly<Record<string, string>>;
  query(text: string): void;
  parse(statement: { name: string; text: string }): void;
  bind(portal: { statement: string; values: readonly unknown[]; valueMapper: (value: unknown) => unknown }): void;
  describe(target: { type: 'P'; name: string }): void;
  execute(portal: object): void;
  sync(): void;
  sendCopyFail(message: string): void;
}

/** What pg exports with more than its types tell. */
interface PgInternals {
  Result: new (rowMode: undefined, types: Types) => RowParser;
  utils: { prepareValue(value: unknown): unknown };
}

type Types = Pick<pg.ClientBase, 'getTypeParser'>;
type Settle<Row> = (error: unknown, result?: Result<Row>) => void;

const { Result: Parser, utils } = pg as unknown as PgInternals;
const DIGITS = /^-?\d+$/;
const TAG = /(\d+)$/;

/** The columns of the named statements of each connection. They do not change for as long as the name does not. */
const parsersOf = new WeakMap<Connection, Map<string, RowParser>>();

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
 * connection and not at each run, rows are counted as they are parsed, and whole numbers in arrays are not escaped.
 */
class Query<Row> {
  readonly name: string | undefined;
  readonly text: string;
  readonly #values: readonly unknown[];
  readonly #types: Types;
  readonly #onRead: QueryOptions['onRead'];
  readonly #settle: Settle<Row>;
  readonly #timer: NodeJS.Timeout;
  #connection: Connection | undefined;
  #parser: RowParser | undefined;
  readonly #rows: Row[] = [];
  #count = 0;
  /** Of a row that could not be parsed. */
  #failure: unknown;

  constructor(
    { name, text, values }: BoundStatement<Row>,
    types: Types,
    { timeoutMs, onRead }: QueryOptions,
    settle: Settle<Row>,
  ) {
    this.name = name;
    this.text = text;
    this.#values = values;
    this.#types = types;
    this.#onRead = onRead;
    this.#settle = settle;
    this.#timer = setTimeout(() => this.handleError(new Error('Query read timeout')), timeoutMs);
  }

  submit(connection: Connection): void {
    this.#connection = connection;
    if (this.name === undefined && this.#values.length === 0) {
      connection.query(this.text);
      return;
    }
    connection.stream.cork();
    try {
      this.#send(connection, this.name ?? '');
    } catch (error) {
      // A value that cannot be sent.
      this.handleError(error);
    } finally {
      connection.sync();
      connection.stream.uncork();
    }
  }

  #send(connection: Connection, name: string): void {
    if (connection.parsedStatements[name] === undefined) connection.parse({ name, text: this.text });
    connection.bind({ statement: name, values: this.#values, valueMapper: toParameter });
    this.#parser = parsersOf.get(connection)?.get(name);
    if (!this.#parser) connection.describe({ type: 'P', name: '' });
    connection.execute({});
  }

  handleRowDescription({ fields }: { fields: readonly unknown[] }): void {
    const parser = new Parser(undefined, this.#types);
    parser.addFields(fields);
    this.#parser = parser;
    if (this.name === undefined || !this.#connection) return;
    const parsers = parsersOf.get(this.#connection) ?? new Map<string, RowParser>();
    parsersOf.set(this.#connection, parsers.set(this.name, parser));
  }

  handleDataRow({ fields, length }: { fields: readonly (string | null)[]; length: number }): void {
    try {
      this.#rows.push(this.#parser?.parseRow(fields) as Row);
    } catch (error) {
      this.#failure = error;
    }
    // PostgreSQL ignores cancel requests while it sends rows, so the connection is cut.
    if (this.#onRead?.(length) === false) this.#connection?.stream.destroy();
  }

  /** @param message with the text of `INSERT 0 3` or `SELECT 20` */
  handleCommandComplete({ text }: { text: string }): void {
    this.#count = Number(TAG.exec(text)?.[1] ?? 0);
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
    this.#settle(error, result);
  }
}

/** A value in the format of PostgreSQL: as pg does, but joins arrays of whole numbers and IDs without escaping them. */
export function toParameter(value: unknown): unknown {
  if (typeof value === 'string') return value;
  return Array.isArray(value) && value.every(isWhole) ? `{${value.join(',')}}` : utils.prepareValue(value);
}

function isWhole(value: unknown): boolean {
  return typeof value === 'string' ? DIGITS.test(value) : Number.isSafeInteger(value);
}
