import pg from 'pg';

/** A column of a result, as PostgreSQL describes it. */
export interface ResultField {
  readonly name: string;
  /** The OID of its type. */
  readonly dataTypeID: number;
}

/** What a Buffer has, and its types leave out. */
interface Sliceable {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
}

type Types = Pick<pg.ClientBase, 'getTypeParser'>;
type Parse = (text: string) => unknown;

/** Leaves a value the text that it is. */
export const asText: Parse = (text) => text;

const { INT2, INT4, TEXT } = pg.types.builtins;
const plainText: unknown = pg.types.getTypeParser(TEXT, 'text');
/** Of the number of columns, and of each value before its bytes. */
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
/** A longer row is not made a string as a whole. */
const SHORT_ROW_BYTES = 1000;
/** Of a longer slice V8 keeps a reference into the row, which takes longer to print as JSON than a copy. */
const MAX_COPIED = 12;
const NULL_LENGTH = 0xff_ff_ff_ff;
const MAX_ASCII = 127;
const ZERO = 48;
const MINUS = 45;

/**
 * Reads the rows of one result from the bytes of their messages. pg makes a message, an array and a string for each value;
 * this makes one string per row and cuts short values out of it, and reads whole numbers from their digits.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html, DataRow
 */
export class RowFormat {
  /** How each column is parsed; undefined for a whole number. */
  readonly #parsers: readonly (Parse | undefined)[];
  readonly #toRow: (values: readonly unknown[]) => object;
  readonly #values: unknown[];

  constructor(fields: readonly ResultField[], types: Types) {
    this.#parsers = fields.map(({ dataTypeID }) => {
      if (dataTypeID === INT2 || dataTypeID === INT4) return undefined;
      const parse = types.getTypeParser(dataTypeID, 'text') as Parse;
      return parse === plainText ? asText : parse;
    });
    this.#toRow = createRowFactory(fields.map(({ name }) => name));
    this.#values = fields.map(() => null);
  }

  /** @param start of the message's body @param end of it */
  read(bytes: Buffer, start: number, end: number): object {
    const values = this.#values;
    const slices = bytes as unknown as Sliceable;
    const text = end - start <= SHORT_ROW_BYTES ? slices.latin1Slice(start, end) : undefined;
    let at = start + COUNT_BYTES;
    for (let index = 0; index < values.length; index++) {
      const length = bytes.readUInt32BE(at);
      at += LENGTH_BYTES;
      if (length === NULL_LENGTH) {
        values[index] = null;
        continue;
      }
      const parse = this.#parsers[index];
      const last = at + length;
      if (!parse) values[index] = readInteger(bytes, at, last);
      else {
        const value =
          text === undefined || !isAscii(bytes, at, last)
            ? slices.utf8Slice(at, last)
            : length <= MAX_COPIED
              ? text.slice(at - start, last - start)
              : slices.latin1Slice(at, last);
        values[index] = parse === asText ? value : parse(value);
      }
      at = last;
    }
    const row = this.#toRow(values);
    // The format lives as long as its connection, and must keep no value of a request.
    values.fill(null);
    return row;
  }

  /** A row whose values pg has read. */
  parse(fields: readonly (string | null)[]): object {
    const values = fields.map((text, index) => (text === null ? null : (this.#parsers[index] ?? Number)(text)));
    return this.#toRow(values);
  }
}

/** In JavaScript: for short values a call of `buffer.isAscii` takes longer. */
function isAscii(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if ((bytes[at] as number) > MAX_ASCII) return false;
  return true;
}

function readInteger(bytes: Buffer, start: number, end: number): number {
  const isNegative = bytes[start] === MINUS;
  let value = 0;
  for (let at = isNegative ? start + 1 : start; at < end; at++) value = value * 10 + ((bytes[at] as number) - ZERO);
  return isNegative ? -value : value;
}

/** Compiles the object literal of a row, so that all rows of a result have one hidden class. */
function createRowFactory(names: readonly string[]): (values: readonly unknown[]) => object {
  const members = names.map((name, index) => {
    const key = JSON.stringify(name);
    // Without brackets, `__proto__` would set the prototype.
    return `${name === '__proto__' ? `[${key}]` : key}: values[${index}]`;
  });
  return new Function('values', `return { ${members.join(', ')} }`) as (values: readonly unknown[]) => object;
}
