import {
  type GraphQLInputField,
  type GraphQLInputObjectType,
  type GraphQLObjectType,
  getNamedType,
  isInputObjectType,
  isObjectType,
} from 'graphql';
import { Related } from '../../database/related.ts';
import type { TableName } from '../../database/schema.ts';
import { SqlCondition } from '../../database/sql-condition.ts';
import type { Definitions } from '../../database/tables.ts';
import type { Where } from '../../database/where.ts';
import type { Viewer } from '../../viewer.ts';
import { isDeclared } from '../define-type.ts';
import { leastRole } from '../least-role.ts';
import { assertRole } from '../refuse-role.ts';
import { hopsOf } from './hops.ts';
import { readsIds, toKeyOf } from './ids.ts';
import type { ListSource } from './list-inputs.ts';
import { guardOf, visibleRows } from './own-rows.ts';
import { isNode, rowTypeOf } from './row-type.ts';

type Given = Readonly<Record<string, unknown>>;

/** Converts the value of a field of a condition, which is neither null nor absent. */
type Convert = (value: unknown, viewer: Viewer) => unknown;

/** A field of a condition. */
interface Field {
  /** The column, if it has another name. */
  column?: string;
  convert: Convert;
  /** What a null becomes: for a client it is a part that is not given, also of a column that may be null. */
  notGiven: unknown;
}

/** A condition that is not given, on what is no column. */
const NOTHING = new Related([], {});

const QUANTIFIERS: ReadonlySet<string> = new Set(['some', 'none']);

/**
 * Converts conditions as clients send them to conditions on rows. A field of the input is one of `and`, `or` and `not`, a
 * condition of the application, a related row or rows, or a column. Parts that are null, absent or empty are not given, and
 * stay in the condition, because changes refuse them.
 */
export class WhereInputs {
  readonly #source: ListSource;
  readonly #fields = new Map<string, ReadonlyMap<string, Field>>();

  constructor(source: ListSource) {
    this.#source = source;
  }

  /**
   * @param type the type of the rows
   * @throws INVALID_INPUT for the ID of another type, FORBIDDEN for a field that the viewer may not read
   */
  toWhere(input: GraphQLInputObjectType, type: GraphQLObjectType, where: unknown, viewer: Viewer): Where<TableName> {
    const fields = this.#fieldsOf(input, type);
    const converted = Object.entries(where as Given).map(([name, value]) => {
      const field = fields.get(name);
      return [field?.column ?? name, value == null ? field?.notGiven : field?.convert(value, viewer)];
    });
    return Object.fromEntries(converted) as Where<TableName>;
  }

  /** What is wrong with an input and those inside it. @param seen the names of those that were checked */
  faultsOf(input: GraphQLInputObjectType, type: GraphQLObjectType, seen = new Set<string>()): string[] {
    const place = `${input.name} ${type.name}`;
    if (seen.has(place)) return [];
    seen.add(place);
    return Object.values(input.getFields()).flatMap((field) => {
      const found = this.#toField(input, type, field);
      if (typeof found === 'string') return [found];
      return this.#insideOf(type, field).flatMap((inside) => this.faultsOf(inside.input, inside.type, seen));
    });
  }

  #fieldsOf(input: GraphQLInputObjectType, type: GraphQLObjectType): ReadonlyMap<string, Field> {
    const key = `${input.name} ${type.name}`;
    let fields = this.#fields.get(key);
    if (!fields) {
      const all = Object.values(input.getFields()).map((inputField) => {
        const field = this.#toField(input, type, inputField);
        if (typeof field === 'string') throw new Error(field);
        return [inputField.name, this.#guarded(type, inputField.name, field)] as const;
      });
      fields = new Map(all);
      this.#fields.set(key, fields);
    }
    return fields;
  }

  /** Who may not read a field may not filter by it either. */
  #guarded(type: GraphQLObjectType, name: string, unguarded: Field): Field {
    const { schema, roles } = this.#source;
    const field = type.getFields()[name];
    const least = field && leastRole(schema, field);
    if (!least) return unguarded;
    return {
      ...unguarded,
      convert: (value, viewer) => {
        assertRole(viewer, roles, least);
        return unguarded.convert(value, viewer);
      },
    };
  }

  /** How a field is converted, or what is wrong with it. */
  #toField(input: GraphQLInputObjectType, type: GraphQLObjectType, field: GraphQLInputField): Field | string {
    const group: Convert = (value, viewer) => this.toWhere(input, type, value, viewer);
    if (field.name === 'not') return { convert: group, notGiven: undefined };
    if (field.name === 'and' || field.name === 'or') {
      return { convert: (values, viewer) => (values as unknown[]).map((it) => group(it, viewer)), notGiven: undefined };
    }
    return this.#toCondition(input, field) ?? this.#toRelated(input, type, field) ?? this.#toFilter(input, type, field);
  }

  #toCondition(input: GraphQLInputObjectType, { name }: GraphQLInputField): Field | undefined {
    const conditions: unknown = this.#source.resolvers[input.name];
    const condition: unknown = Object(conditions)[name];
    if (typeof condition !== 'function') return undefined;
    return { convert: (value) => new SqlCondition((column) => condition(value, column)), notGiven: NOTHING };
  }

  #toRelated(
    input: GraphQLInputObjectType,
    type: GraphQLObjectType,
    field: GraphQLInputField,
  ): Field | string | undefined {
    const { schema, types, definitions, roles } = this.#source;
    const relation = this.#relationOf(type, field);
    const own = getNamedType(field.type);
    if (!relation || !isInputObjectType(own)) return undefined;
    const table = types[type.name];
    const hops = table && hopsOf(relation.declared, table, definitions);
    if (!hops) return undefined;
    const guard = guardOf(schema, relation.type, this.#source);
    const toRelated = (conditions: Related['conditions'], viewer: Viewer) =>
      new Related(hops, conditions, visibleRows(guard, viewer, roles));
    if (relation.declared.kind === 'belongsTo') {
      const convert: Convert = (value, viewer) =>
        toRelated({ one: this.toWhere(own, relation.type, value, viewer) }, viewer);
      return { convert, notGiven: NOTHING };
    }
    const unknown = Object.keys(own.getFields()).find((name) => !QUANTIFIERS.has(name));
    if (unknown !== undefined) {
      return `${input.name}.${field.name}: a condition on a list has the fields \`some\` and \`none\`, but ${own.name} has \`${unknown}\`. Correct the SDL.`;
    }
    const convert: Convert = (value, viewer) => {
      const conditions = Object.entries(value as Given).map(([quantifier, where]) => {
        const inside = getNamedType(own.getFields()[quantifier]?.type) as GraphQLInputObjectType;
        return [quantifier, where == null ? undefined : this.toWhere(inside, relation.type, where, viewer)];
      });
      return toRelated(Object.fromEntries(conditions), viewer);
    };
    return { convert, notGiven: NOTHING };
  }

  #toFilter(input: GraphQLInputObjectType, type: GraphQLObjectType, field: GraphQLInputField): Field | string {
    const { types, definitions } = this.#source;
    const table = types[type.name];
    const column = table && columnOf(type, definitions[table], field.name);
    if (!table || column === undefined) {
      return `${input.name}.${field.name}: table ${table} has no such column, ${type.name} has no such relation, and \`resolvers.${input.name}\` has no such condition. Correct the SDL, or add the condition with defineWhere('${input.name}', …).`;
    }
    const filter = getNamedType(field.type);
    if (!isInputObjectType(filter)) return { column, convert: (value) => value, notGiven: undefined };
    const toKey = toKeyOf(this.#source, table, column);
    const operators = filter.getFields();
    const toOperator = ([operator, value]: [string, unknown]) => {
      if (value == null) return [operator, undefined];
      if (!toKey || !operators[operator] || !readsIds(operators[operator].type)) return [operator, value];
      return [operator, Array.isArray(value) ? value.map((id) => toKey(String(id))) : toKey(String(value))];
    };
    const convert: Convert = (value) => Object.fromEntries(Object.entries(value as Given).map(toOperator));
    return { column, convert, notGiven: undefined };
  }

  /** The relation of a field's name; undefined if its type has none. */
  #relationOf(type: GraphQLObjectType, { name }: GraphQLInputField) {
    const declared: unknown = Object(this.#source.resolvers[type.name])[name];
    const field = type.getFields()[name];
    const related = field && this.#source.schema.getType(rowTypeOf(field).name);
    if (!isDeclared(declared) || !isObjectType(related)) return undefined;
    return { declared, type: related };
  }

  /** The inputs inside a field that asks for related rows; none if its type is not that of the rows. */
  #insideOf(type: GraphQLObjectType, field: GraphQLInputField) {
    const { types, definitions } = this.#source;
    const relation = this.#relationOf(type, field);
    const own = getNamedType(field.type);
    const table = types[type.name];
    const hops = table && relation && hopsOf(relation.declared, table, definitions);
    if (!hops || !isInputObjectType(own) || hops.at(-1)?.definition.name !== types[relation.type.name]) return [];
    const all =
      relation.declared.kind === 'belongsTo'
        ? [own]
        : Object.values(own.getFields()).map((it) => getNamedType(it.type));
    return all.filter(isInputObjectType).map((input) => ({ input, type: relation.type }));
  }
}

/** The column that a field stands for: the one of its name, or for `id` the column of the key. */
function columnOf(type: GraphQLObjectType, { types, key }: Definitions[TableName], name: string): string | undefined {
  if (Object.hasOwn(types, name)) return name;
  return name === 'id' && key.length === 1 && isNode(type) ? key[0] : undefined;
}
