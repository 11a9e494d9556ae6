import pg from 'pg';
import { asText } from './row-format.ts';

type Parser = (value: string) => unknown;

const { builtins } = pg.types;
const { TIMESTAMP, TIMESTAMPTZ, DATE, INTERVAL, INT8, NUMERIC, TEXT } = builtins;
/** The OIDs of types of arrays, which pg does not name. */
const ARRAYS = { text: 1009, numeric: 1231, timestamp: 1115, timestamptz: 1185, date: 1182, interval: 1187 };
const RANGE_ARRAYS = { int4: 3905, num: 3907, ts: 3909, tstz: 3911, date: 3913, int8: 3927 };

const asTexts = pg.types.getTypeParser(ARRAYS.text) as Parser;

/**
 * Types whose values stay text, because a `Date` or a double would change them: see `Timestamp` and `Decimal`. pg parses the
 * values of all others.
 */
const PARSERS: ReadonlyMap<number, Parser> = new Map([
  ...[TIMESTAMP, TIMESTAMPTZ, DATE, INTERVAL, INT8, NUMERIC].map((oid) => [oid, asText] as const),
  ...[...Object.values(ARRAYS), ...Object.values(RANGE_ARRAYS)].map((oid) => [oid, asTexts] as const),
]);

/** Arrays of enums and domains have OIDs of their own in each database. */
const ARRAYS_OF_OWN_TYPES = `
  select typarray::int, case typtype when 'd' then typbasetype else ${TEXT} end::int from pg_type
  where typtype in ('d', 'e') and typarray <> 0`;

/** How the values of one database are parsed. */
export class ValueTypes implements pg.CustomTypesConfig {
  readonly #arrays = new Map<number, Parser>();
  #learned: Promise<void> | undefined;

  getTypeParser = (oid: number, format?: 'text' | 'binary'): Parser =>
    PARSERS.get(oid) ?? this.#arrays.get(oid) ?? (pg.types.getTypeParser(oid, format as 'text') as Parser);

  /** Learns the types of the database from its first connection. */
  learn(client: pg.ClientBase, timeoutMs: number): Promise<void> {
    this.#learned ??= this.#read(client, timeoutMs).catch((error) => {
      this.#learned = undefined;
      throw error;
    });
    return this.#learned;
  }

  async #read(client: pg.ClientBase, timeoutMs: number): Promise<void> {
    const statement: pg.QueryArrayConfig & { query_timeout: number } = {
      text: ARRAYS_OF_OWN_TYPES,
      rowMode: 'array',
      query_timeout: timeoutMs,
    };
    const { rows } = await client.query<[array: number, element: number]>(statement);
    for (const [array, element] of rows) {
      const parse = this.getTypeParser(element);
      this.#arrays.set(array, (value) => parseElements(asTexts(value) as readonly unknown[], parse));
    }
  }
}

function parseElements(elements: readonly unknown[], parse: Parser): unknown[] {
  return elements.map((element) => {
    if (Array.isArray(element)) return parseElements(element, parse);
    return typeof element === 'string' ? parse(element) : element;
  });
}
