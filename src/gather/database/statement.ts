import type { Compilable } from 'kysely';

/** How many shapes are cached and named, which bounds the prepared statements of each connection. */
const MAX_SHAPES = 1000;

/** A statement with its values, as `Database.run` takes it. `Row` is what a row of its result looks like. */
export interface BoundStatement<Row> {
  /** Under which PostgreSQL keeps the parsed statement; absent for a shape that is not kept. */
  name: string | undefined;
  text: string;
  values: unknown[];
  /** For the compiler only. */
  readonly row?: Row;
}

/** Values by the names that the statement's `param`s were given. */
export type Values = Readonly<Record<string, unknown>>;

class Param {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A placeholder for a value that is given at each run. Its type follows from its place. */
export function param<Value>(name: string): Value {
  return new Param(name) as Value;
}

/** A statement built and compiled once. Run it with `database.run(statement.with({ … }), …)`. */
export class Statement<Row> {
  readonly #name: string | undefined;
  readonly #text: string;
  readonly #parameters: readonly unknown[];

  constructor(query: Compilable<Row>, name?: string) {
    const { sql, parameters } = query.compile();
    this.#name = name;
    this.#text = sql;
    this.#parameters = parameters;
  }

  with(values: Values): BoundStatement<Row> {
    return {
      name: this.#name && `${this.#name}_${generation}`,
      text: this.#text,
      values: this.#parameters.map((parameter) => (parameter instanceof Param ? values[parameter.name] : parameter)),
    };
  }
}

/** The generation of the statement names. */
let generation = 0;

/**
 * Prepares every statement again under a new name on every connection. A migration has changed the result of this one,
 * and PostgreSQL refuses it under its old name for as long as the connection lasts.
 * @param name the refused name; one of an earlier generation changes nothing
 */
export function prepareAnew(name: string | undefined): void {
  if (name?.endsWith(`_${generation}`)) generation += 1;
}

const statements = new Map<string, Statement<unknown>>();

/**
 * The statement of this shape, built at its first use and then kept under a name, so that neither Kysely compiles
 * nor PostgreSQL parses it again. Past 1,000 shapes of all operations it is compiled at each use and run without a name.
 *
 * @param shape says everything that `build` depends on; equal shapes must give equal SQL
 */
export function prepare<Row>(shape: string, build: () => Compilable<Row>): Statement<Row> {
  const known = statements.get(shape);
  if (known) return known as Statement<Row>;
  if (statements.size >= MAX_SHAPES) return new Statement(build());
  const statement = new Statement(build(), `gather_${statements.size}`);
  statements.set(shape, statement);
  return statement;
}
