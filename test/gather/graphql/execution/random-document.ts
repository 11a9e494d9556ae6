import {
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isUnionType,
} from 'graphql';
import { Random } from './random.ts';

const DEPTH = 3;

export interface RandomDocument {
  text: string;
  variables: Record<string, unknown>;
}

/** Creates an operation with aliases, fragments, arguments, variables and directives. */
export function randomDocument(schema: GraphQLSchema, seed: number, isIncremental = false): RandomDocument {
  return new Writer(schema, seed, isIncremental).write();
}

class Writer {
  readonly #schema: GraphQLSchema;
  readonly #random: Random;
  readonly #isIncremental: boolean;
  readonly #fragments: { name: string; type: string; text: string }[] = [];
  #labels = 0;

  constructor(schema: GraphQLSchema, seed: number, isIncremental: boolean) {
    this.#schema = schema;
    this.#random = new Random(seed);
    this.#isIncremental = isIncremental;
  }

  write(): RandomDocument {
    const operation = this.#random.chance(0.2) ? 'mutation' : 'query';
    const root = this.#schema.getRootType(operation as never);
    if (!root) throw new Error(`No root type for ${operation}`);
    const selection = this.#selection(root, DEPTH);
    const fragments = this.#fragments.map(({ name, type, text }) => `fragment ${name} on ${type} ${text}`);
    const variables = { yes: this.#random.chance(0.5), no: this.#random.chance(0.5), text: 'given', size: 3 };
    return {
      text: [
        `${operation} ($yes: Boolean!, $no: Boolean!, $text: String, $size: Int = 5) ${selection}`,
        ...fragments,
      ].join('\n'),
      variables,
    };
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const parts = Array.from({ length: 1 + this.#random.below(depth === DEPTH ? 5 : 3) }, () =>
      this.#part(type, depth),
    );
    return `{ ${parts.join(' ')} }`;
  }

  #part(type: GraphQLCompositeType, depth: number): string {
    const way = this.#random.below(10);
    if (way === 0) return '__typename';
    if (depth > 0 && way < 4) return this.#fragment(type, depth);
    if (isUnionType(type)) return this.#fragment(type, depth);
    const fields = Object.values(type.getFields());
    const field = this.#random.pick(fields);
    const named = getNamedType(field.type);
    if (isCompositeType(named) && depth === 0) return '__typename';
    // The same key always stands for the same field and arguments.
    const way2 = this.#random.below(4);
    const [alias, args] = [
      ['', ''],
      [`${field.name}Given: `, '(text: $text)'],
      [`${field.name}Size: `, '(size: $size, text: "x")'],
      [`${field.name}Two: `, '(size: 2)'],
    ][way2] as [string, string];
    const nullable = isNonNullType(field.type) ? field.type.ofType : field.type;
    const stream =
      this.#isIncremental && isListType(nullable) && way2 === 1 ? ' @stream(initialCount: 1, label: "s")' : '';
    const below = isCompositeType(named) ? ` ${this.#selection(named, depth - 1)}` : '';
    return `${alias}${field.name}${args}${this.#directive()}${stream}${below}`;
  }

  #fragment(type: GraphQLCompositeType, depth: number): string {
    const types = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type];
    const condition = this.#random.chance(0.3) ? type : this.#random.pick(types);
    const defer = this.#isIncremental && this.#random.chance(0.5) ? ` @defer(label: "d${this.#labels++}")` : '';
    const directives = `${this.#directive()}${defer}`;
    if (this.#random.chance(0.5))
      return `... on ${condition.name}${directives} ${this.#selection(condition, Math.max(0, depth - 1))}`;
    const known = this.#fragments.find((it) => it.type === condition.name);
    if (known && this.#random.chance(0.5)) return `...${known.name}${directives}`;
    const text = this.#selection(condition, Math.max(0, depth - 1));
    const name = `Fragment${this.#fragments.length}`;
    this.#fragments.push({ name, type: condition.name, text });
    return `...${name}${directives}`;
  }

  #directive(): string {
    if (!this.#random.chance(0.15)) return '';
    return this.#random.pick([
      ' @include(if: $yes)',
      ' @skip(if: $no)',
      ' @skip(if: false)',
      ' @include(if: $no) @skip(if: $yes)',
    ]);
  }
}
