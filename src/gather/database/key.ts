/** A value of a key's column: as pg gives it, or the text of an ID. */
export type KeyValue = string | number | boolean;

/** A unique key, and the text that names a row by it. */
export interface Key {
  readonly columns: readonly string[];
  /** Names it among the keys of its table. */
  readonly name: string;
  /**
   * The text of a row's values of the key; null if one of them is null or was not read. Keys are compared by their texts,
   * because a foreign key may have another type than the key it refers to: pg gives an `integer` as a number and a `bigint`
   * as text.
   */
  textOf(row: Readonly<Record<string, unknown>>): string | null;
}

/** The key of these columns. */
export function toKey(columns: readonly string[]): Key {
  const [column = '', ...others] = columns;
  if (others.length > 0) return { columns, name: columns.join(), textOf: (row) => textOfAll(row, columns) };
  return {
    columns,
    name: column,
    textOf: (row) => {
      const value = row[column];
      return value === null || value === undefined ? null : String(value);
    },
  };
}

/** The text of a key of several columns: `1/2`. One of a single column is its value. */
function toKeyText(values: readonly unknown[]): string {
  return values.length === 1 ? String(values[0]) : values.map((value) => encodeURIComponent(String(value))).join('/');
}

/** A text that is the key of no row: PostgreSQL's text has no NUL. */
export const NO_KEY = '\0';

/** The values in the text of a key of so many columns; undefined if it has another number of them, and for `NO_KEY`. */
export function fromKeyText(text: string, columns: number): string[] | undefined {
  if (text === NO_KEY) return undefined;
  if (columns === 1) return [text];
  const values = text.split('/');
  if (values.length !== columns) return undefined;
  try {
    return values.map(decodeURIComponent);
  } catch {
    return undefined;
  }
}

function textOfAll(row: Readonly<Record<string, unknown>>, columns: readonly string[]): string | null {
  const values: unknown[] = [];
  for (const column of columns) {
    const value = row[column];
    if (value === null || value === undefined) return null;
    values.push(value);
  }
  return toKeyText(values);
}
