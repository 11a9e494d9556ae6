import type { Compilable } from 'kysely';
import { Statement } from './statement.ts';

/** The most prepared statements of a connection. In PostgreSQL one of a table takes some 20 KB. */
const MAX_NAMES = 500;
/** How many statements without a name are kept compiled. */
const MAX_OTHERS = 500;
/** A longer statement gets no name: in PostgreSQL it takes some 25 times its length. */
const MAX_NAMED_LENGTH = 4000;
/** After so many uses all counts are halved, so that they are those of late. */
const HALVED_EVERY = 10_000;

/** A statement, and how often it was used of late. */
interface Used {
  shape: string;
  statement: Statement<unknown>;
  uses: number;
}

/**
 * Keeps statements compiled, and gives names to those that are used most. There is a fixed number of names. While all are
 * taken, a statement gets one when it is used more than twice as often as the least used that has one. Clients can vary conditions,
 * orders and columns without end: what they use once or twice takes no name from what the application uses all the time.
 */
class Statements {
  readonly #named = new Map<string, Used>();
  /** Least recently used first. */
  readonly #others = new Map<string, Used>();
  #uses = 0;
  /** No statement with a name is used less often. */
  #least = 0;

  get(shape: string, build: () => Compilable<unknown>): Statement<unknown> {
    const used = this.#named.get(shape) ?? this.#others.get(shape) ?? this.#create(shape, build);
    used.uses += 1;
    this.#uses += 1;
    if (this.#uses % HALVED_EVERY === 0) this.#halve();
    if (used.statement.name === undefined) this.#consider(used);
    return used.statement;
  }

  #create(shape: string, build: () => Compilable<unknown>): Used {
    return { shape, statement: new Statement(build()), uses: 0 };
  }

  /** Gives a statement a name, or else keeps it among those without. */
  #consider(used: Used): void {
    const { shape, statement } = used;
    this.#others.delete(shape);
    statement.name = statement.text.length > MAX_NAMED_LENGTH ? undefined : this.#nameFor(used);
    if (statement.name === undefined) this.#keep(used);
    else this.#named.set(shape, used);
  }

  #nameFor({ uses }: Used): string | undefined {
    if (this.#named.size < MAX_NAMES) return `gather_${this.#named.size}`;
    if (uses <= 2 * this.#least) return undefined;
    const least = [...this.#named.values()].reduce((a, b) => (b.uses < a.uses ? b : a));
    this.#least = least.uses;
    if (uses <= 2 * least.uses) return undefined;
    const { name } = least.statement;
    least.statement.name = undefined;
    this.#named.delete(least.shape);
    this.#keep(least);
    return name;
  }

  #keep(used: Used): void {
    this.#others.set(used.shape, used);
    const [oldest] = this.#others.keys();
    if (this.#others.size > MAX_OTHERS && oldest !== undefined) this.#others.delete(oldest);
  }

  #halve(): void {
    for (const used of [...this.#named.values(), ...this.#others.values()]) used.uses /= 2;
    this.#least /= 2;
  }
}

const statements = new Statements();

/**
 * The statement of this shape, built on first use and then cached, so that Kysely compiles it once; if it has a name,
 * PostgreSQL parses it once for each connection.
 *
 * @param shape must contain everything that `build` depends on: equal shapes must give equal SQL
 */
export function prepare<Row>(shape: string, build: () => Compilable<Row>): Statement<Row> {
  return statements.get(shape, build) as Statement<Row>;
}
