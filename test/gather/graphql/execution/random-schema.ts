import {
  GraphQLBoolean,
  GraphQLEnumType,
  type GraphQLFieldConfig,
  type GraphQLFieldResolver,
  GraphQLFloat,
  GraphQLID,
  GraphQLInt,
  GraphQLInterfaceType,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  responsePathAsArray,
} from 'graphql';
import { Random } from './random.ts';

/** What happens while a document is executed: the same for every executor. */
export interface World {
  /** Decides what each field at each path returns. */
  seed: string;
  /** How often something goes wrong. */
  trouble: number;
  /** How often something comes later. */
  laziness: number;
  /** Iterators that were begun and not ended. */
  readonly open: Set<unknown>;
  /** Calls of resolvers, by path. */
  readonly calls: Map<string, number>;
}

/** A source object. */
interface Source {
  readonly at: string;
  readonly __typename?: string;
  readonly type: string;
  readonly [key: string]: unknown;
}

const Odd = new GraphQLScalarType<unknown>({
  name: 'Odd',
  coerceOutputValue: (value) => {
    if (typeof value !== 'number') throw new Error(`Not a number: ${String(value)}`);
    return value % 5 === 0 ? undefined : `odd ${value}`;
  },
});
const Colour = new GraphQLEnumType({ name: 'Colour', values: { RED: { value: 1 }, GREEN: { value: 2 }, BLUE: {} } });
const LEAVES = [GraphQLString, GraphQLInt, GraphQLFloat, GraphQLBoolean, GraphQLID, Odd, Colour];

/** Creates a schema of objects, interfaces, unions and all kinds of fields. Its resolvers act on a {@link World} as context. */
export function randomSchema(seed: number): GraphQLSchema {
  const random = new Random(seed);
  const objects: GraphQLObjectType[] = [];
  const abstracts: (GraphQLInterfaceType | GraphQLUnionType)[] = [];
  const isStyled = random.below(3);
  const outputType = (): GraphQLOutputType => {
    let type: GraphQLOutputType = random.chance(0.45)
      ? random.pick(LEAVES)
      : random.chance(0.3) && abstracts.length > 0
        ? random.pick(abstracts)
        : random.pick(objects);
    for (let depth = 0; depth < 3; depth++) {
      if (random.chance(0.25)) type = new GraphQLNonNull(type);
      if (!random.chance(depth === 0 ? 0.35 : 0.25)) break;
      type = new GraphQLList(type);
    }
    return type;
  };
  const common = (): Record<string, GraphQLFieldConfig<unknown, World>> => ({ shared: toField(GraphQLString, true) });
  const fields = (): Record<string, GraphQLFieldConfig<unknown, World>> => {
    const own = Array.from({ length: 3 + random.below(4) }, (_, index) => {
      const type = outputType();
      const way = random.next();
      if (way < 0.2) return [`f${index}`, toSharedField(`f${index}`, type)] as const;
      return [`f${index}`, toField(type, isLeafType(type) && way < 0.6)] as const;
    });
    return { ...common(), ...Object.fromEntries(own) };
  };
  const interfaces = Array.from(
    { length: 2 },
    (_, index) => new GraphQLInterfaceType({ name: `Face${index}`, fields: common, ...typeResolver(isStyled) }),
  );
  for (let index = 0; index < 4; index++)
    objects.push(
      new GraphQLObjectType<Source, World>({
        name: `Thing${index}`,
        interfaces: interfaces.filter(() => index === 0 || random.chance(0.6)),
        fields,
        ...(isStyled === 2 || random.chance(0.2) ? { isTypeOf: isTypeOf(`Thing${index}`) } : {}),
      }),
    );
  const members = objects.slice(0, 2 + random.below(3));
  abstracts.push(...interfaces, new GraphQLUnionType({ name: 'Either', types: members, ...typeResolver(isStyled) }));
  const query = new GraphQLObjectType({ name: 'Query', fields });
  const mutation = new GraphQLObjectType({ name: 'Mutation', fields });
  return new GraphQLSchema({ query, mutation, types: [...objects, ...interfaces] });
}

/** By `__typename`, by a function, or by each type. */
function typeResolver(style: number) {
  if (style !== 1) return {};
  return {
    resolveType: (source: Source, world: World): string | Promise<string> | undefined => {
      const random = new Random(`${world.seed} type ${source.at}`);
      if (random.chance(world.trouble / 2)) throw new Error(`No type at ${source.at}`);
      const name = random.chance(world.trouble / 2) ? 'Nothing' : source.type;
      return random.chance(world.laziness / 2) ? later(random, () => name) : name;
    },
  };
}

function isTypeOf(name: string) {
  return (source: Source, world: World): boolean | Promise<boolean> => {
    const random = new Random(`${world.seed} is ${name} ${source.at}`);
    const is = source.type === name;
    if (random.chance(world.trouble / 4)) throw new Error(`Cannot say whether ${source.at} is ${name}`);
    return random.chance(world.laziness / 2) ? later(random, () => is) : is;
  };
}

function toField(type: GraphQLOutputType, isProperty: boolean): GraphQLFieldConfig<unknown, World> {
  const args = { text: { type: GraphQLString, defaultValue: 'none' }, size: { type: GraphQLInt } };
  if (isProperty) return { type, args };
  return {
    type,
    args,
    resolve: (_, { text, size }, world, info) => {
      const at = responsePathAsArray(info.path).join('.');
      world.calls.set(at, (world.calls.get(at) ?? 0) + 1);
      return toValue(type, `${at}(${text},${size})`, world, info.schema);
    },
  };
}

/** A field with `resolveAll`, which says the same as its resolver. */
function toSharedField(name: string, type: GraphQLOutputType): GraphQLFieldConfig<unknown, World> {
  const args = { text: { type: GraphQLString, defaultValue: 'none' }, size: { type: GraphQLInt } };
  const resolve: GraphQLFieldResolver<unknown, World> = (source, { text, size }, world, { schema }) =>
    toValue(type, `${(source as Partial<Source>).at ?? 'root'}.${name}(${text},${size})`, world, schema);
  const resolveAll: GraphQLFieldResolver<readonly unknown[], World> = (parents, given, world, info) => {
    const random = new Random(`${world.seed} all ${name} ${parents.length}`);
    const all = () => parents.map((parent) => attempt(() => resolve(parent, given, world, info)));
    return random.chance(world.laziness) ? later(random, all) : all();
  };
  return { type, args, resolve, extensions: { resolveAll } };
}

/** A value for a type, in one of the ways in which resolvers give them. */
function toValue(type: GraphQLOutputType, at: string, world: World, schema: GraphQLSchema): unknown {
  const random = new Random(`${world.seed} ${at}`);
  const settled = (): unknown => {
    if (random.chance(world.trouble)) {
      const trouble = random.below(5);
      if (trouble === 0) throw new Error(`Thrown at ${at}`);
      if (trouble === 1) return new Error(`Returned at ${at}`);
      if (trouble === 2) return { at, type: 'Nothing', wrong: true };
      return null;
    }
    return plainValue(type, at, random, world, schema);
  };
  return random.chance(world.laziness) ? later(random, settled) : settled();
}

function plainValue(type: GraphQLOutputType, at: string, random: Random, world: World, schema: GraphQLSchema): unknown {
  if (isNonNullType(type)) return plainValue(type.ofType, at, random, world, schema);
  if (isListType(type)) return listOf(type.ofType, at, random, world, schema);
  if (isLeafType(type)) return leafOf(random, type.name);
  const name = isAbstractType(type) ? random.pick(schema.getPossibleTypes(type)).name : type.name;
  return sourceOf(schema.getType(name) as GraphQLObjectType, at, world, schema);
}

/** An object with the properties and methods of the fields that have no resolver. */
function sourceOf(type: GraphQLObjectType, at: string, world: World, schema: GraphQLSchema): Source {
  const source: Record<string, unknown> = { at, type: type.name };
  if (!new Random(`${world.seed} name ${at}`).chance(0.2 * world.trouble)) source['__typename'] = type.name;
  for (const [name, field] of Object.entries(type.getFields())) {
    if (field.resolve) continue;
    const value = () => toValue(field.type, `${at}.${name}`, world, schema);
    const way = new Random(`${world.seed} way ${at}.${name}`).below(3);
    if (way === 0) source[name] = value;
    else if (way === 1) Object.defineProperty(source, name, { get: value, enumerable: false });
    else Object.defineProperty(source, name, { get: value, enumerable: false });
  }
  return source as unknown as Source;
}

function leafOf(random: Random, type: string): unknown {
  if (type === 'Colour') return random.pick([1, 2, 'BLUE', 'WRONG']);
  if (type === 'Int') return random.chance(0.9) ? random.below(1000) : 0.5;
  return random.pick(['text', 7, 10, true, 1.5, Number.NaN, '12', -0]);
}

function listOf(type: GraphQLOutputType, at: string, random: Random, world: World, schema: GraphQLSchema): unknown {
  // Some are longer than the first elements of a stream that are delivered together.
  const length = random.chance(0.03) ? 20 + random.below(20) : random.below(4);
  const item = (index: number) => () => toValue(type, `${at}.${index}`, world, schema);
  const items = Array.from({ length }, (_, index) => item(index));
  const breaksAt = random.chance(world.trouble / 2) ? random.below(length + 1) : -1;
  const guarded = () => items.map((it) => attempt(it));
  /** Nobody may take those that are given later. */
  const given = () => handled(guarded());
  switch (random.below(world.laziness > 0 ? 6 : 3)) {
    case 1:
      return new Set(guarded().map((it, index) => (typeof it === 'object' ? it : `${index}`)));
    case 2:
      return generate(given(), breaksAt, at);
    case 3:
      return generateLater(given(), breaksAt, at, random, world);
    case 4:
      return iterateLater(given(), breaksAt, at, random, world);
    default:
      return guarded();
  }
}

/** A list cannot throw for one of its items. */
function attempt(value: () => unknown): unknown {
  try {
    return value();
  } catch (error) {
    return error;
  }
}

function handled<T>(value: T): T {
  if (value instanceof Promise) value.then(handled, () => {});
  else if (Array.isArray(value) || value instanceof Set) value.forEach(handled);
  return value;
}

function* generate(items: unknown[], breaksAt: number, at: string): Generator<unknown> {
  for (const [index, item] of items.entries()) {
    if (index === breaksAt) throw new Error(`Broke at ${at}`);
    yield item;
  }
}

async function* generateLater(
  items: unknown[],
  breaksAt: number,
  at: string,
  random: Random,
  world: World,
): AsyncGenerator<unknown> {
  const self = {};
  world.open.add(self);
  try {
    for (const [index, item] of items.entries()) {
      if (index === breaksAt) throw new Error(`Broke at ${at}`);
      if (random.chance(0.4)) await wait(random);
      // A generator would wait for it.
      yield await Promise.resolve(item).catch((error: unknown) => error);
    }
  } finally {
    world.open.delete(self);
  }
}

/** An iterator by hand, whose items may be promises. */
function iterateLater(
  items: unknown[],
  breaksAt: number,
  at: string,
  random: Random,
  world: World,
): AsyncIterable<unknown> {
  let index = 0;
  const self = {};
  const iterator: AsyncIterator<unknown> = {
    next: async () => {
      if (random.chance(0.4)) await wait(random);
      if (index === breaksAt) {
        world.open.delete(self);
        throw new Error(`Broke at ${at}`);
      }
      if (index < items.length) return { done: false, value: items[index++] };
      world.open.delete(self);
      return { done: true, value: undefined };
    },
    return: async () => {
      world.open.delete(self);
      return { done: true, value: undefined };
    },
  };
  return {
    [Symbol.asyncIterator]: () => {
      world.open.add(self);
      return iterator;
    },
  };
}

async function later<T>(random: Random, value: () => T): Promise<T> {
  await wait(random);
  return value();
}

function wait(random: Random): Promise<void> {
  const ways = [
    Promise.resolve(),
    new Promise<void>((done) => setImmediate(done)),
    new Promise<void>((done) => process.nextTick(done)),
  ];
  return random.pick(ways);
}
