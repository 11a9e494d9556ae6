import type { Compilable } from 'kysely';
import { type FieldNames, fieldsOf } from './column-names.ts';

/** A statement with its values, for `Database.run`. `Row` is the type of a row of its result. */
export interface BoundStatement<Row> {
  /** The name of the prepared statement; undefined for one that is not prepared. */
  name: string | undefined;
  text: string;
  values: unknown[];
  /** The fields of its rows; undefined if each has the name of its column. */
  fields?: FieldNames | undefined;
  /** For the type checker only. */
  readonly row?: Row;
}

/** Values by the names of the statement's params. */
export type Values = Readonly<Record<string, unknown>>;

class Param {
  readonly name: string;
  readonly index: number | undefined;
  constructor(name: string, index: number | undefined) {
    this.name = name;
    this.index = index;
  }

  valueIn(values: Values): unknown {
    const value = values[this.name];
    return this.index === undefined ? value : (value as readonly unknown[])[this.index];
  }
}

/**
 * A placeholder for a value that is given at each run. Its type is inferred from the context.
 * @param index of the value in the list that has the name; it is the value itself by default
 */
export function param<Value>(name: string, index?: number): Value {
  return new Param(name, index) as Value;
}

/** A statement built and compiled once. Run it with `database.run(statement.with({ … }), …)`. */
export class Statement<Row> {
  /** Under which it is prepared; undefined if it is run without a name. */
  name: string | undefined;
  readonly text: string;
  readonly #parameters: readonly unknown[];
  readonly #fields: FieldNames | undefined;

  constructor(query: Compilable<Row>) {
    const compiled = query.compile();
    this.text = compiled.sql;
    this.#parameters = compiled.parameters;
    this.#fields = fieldsOf(compiled);
  }

  with(values: Values): BoundStatement<Row> {
    return {
      name: this.name && inGeneration(this.name),
      text: this.text,
      values: this.#parameters.map((parameter) => (parameter instanceof Param ? parameter.valueIn(values) : parameter)),
      fields: this.#fields,
    };
  }
}

/** A suffix of all statement names. */
let generation = 0;

/** The names with their suffix, so that no run makes a new text: see docs/decisions/037. */
const namesInGeneration = new Map<string, string>();

function inGeneration(name: string): string {
  let sent = namesInGeneration.get(name);
  if (sent === undefined) {
    sent = `${name}_${generation}`;
    namesInGeneration.set(name, sent);
  }
  return sent;
}

/** Changes when all statements get new names. A connection then closes those that it has. */
export function currentGeneration(): number {
  return generation;
}

/**
 * Gives all statements new names, so that every connection prepares them again. Called when a migration has changed the
 * result of one, which PostgreSQL then refuses under its old name for as long as the connection lasts.
 * @param name the refused name; ignored if it is of an earlier generation
 */
export function prepareAnew(name: string | undefined): void {
  if (!name?.endsWith(`_${generation}`)) return;
  generation += 1;
  namesInGeneration.clear();
}
