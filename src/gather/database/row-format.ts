import pg from 'pg';
import type { RowBytes } from './row-bytes.ts';

/** A column of a result, as PostgreSQL describes it. */
export interface ResultField {
  readonly name: string;
  /** The OID of its type. */
  readonly dataTypeID: number;
}

type Types = Pick<pg.ClientBase, 'getTypeParser'>;
type Parse = (text: string) => unknown;

/** Leaves a value the text that it is. */
export const asText: Parse = (text) => text;

/** Does the same, and tells a `bigint` from other text. */
const asDigits: Parse = (text) => text;

const { INT2, INT4, INT8, TEXT } = pg.types.builtins;
const plainText: unknown = pg.types.getTypeParser(TEXT, 'text');
/** Of the number of columns, and of each value before its bytes. */
const COUNT_BYTES = 2;
const LENGTH_BYTES = 4;
/** A number with more digits is no small integer of V8: to make its text anew takes longer than to cut it out. */
const MAX_SMALL_DIGITS = 9;
const NULL_LENGTH = 0xff_ff_ff_ff;
const ZERO = 48;
const MINUS = 45;

/**
 * Reads the rows of one result from the bytes of their messages. pg makes a message, an array and a string for each value;
 * this cuts short values out of the text of all bytes that arrived together, and reads whole numbers from their digits. A short
 * `bigint` gets the text that V8 keeps for its number: docs/decisions/037 says why.
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
      if (parse === plainText) return asText;
      return parse === asText && dataTypeID === INT8 ? asDigits : parse;
    });
    this.#toRow = createRowFactory(fields.map(({ name }) => name));
    this.#values = fields.map(() => null);
  }

  /** @param start of the body of the row's message */
  read(source: RowBytes, start: number): object {
    const { bytes } = source;
    const values = this.#values;
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
      else if (parse === asDigits && length <= MAX_SMALL_DIGITS) values[index] = `${readInteger(bytes, at, last)}`;
      else values[index] = parse === asText ? source.textOf(at, last) : parse(source.textOf(at, last));
      at = last;
    }
    const row = this.#toRow(values);
    // The format lives as long as its connection, and must keep no value of a request. `fill` takes longer for so few.
    for (let index = 0; index < values.length; index++) values[index] = null;
    return row;
  }

  /** A row whose values pg has read. */
  parse(fields: readonly (string | null)[]): object {
    const values = fields.map((text, index) => (text === null ? null : (this.#parsers[index] ?? Number)(text)));
    return this.#toRow(values);
  }
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
