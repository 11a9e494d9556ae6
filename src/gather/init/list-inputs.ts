import type { ColumnField, EnumModel } from './columns.ts';
import type { FieldModel, TypeModel } from './model.ts';

const EQUALITY = ['eq', 'ne'];
const LISTS = ['in', 'notIn'];
const COMPARISON = ['lt', 'lte', 'gt', 'gte'];
/** The scalars that values are compared by, besides those whose filters the engine's SDL has. */
const COMPARED = ['Int', 'Float', 'BigInt', 'Date', 'LocalDateTime', 'LocalTime', 'UUID'];
/** The filters of the engine's SDL. */
const ENGINE_FILTERS: Readonly<Record<string, string>> = {
  String: 'StringFilter',
  Decimal: 'DecimalFilter',
  DateTime: 'DateTimeFilter',
};
/** The scalars that have an order. */
const ORDERED = [...COMPARED, 'DateTime', 'Decimal', 'String', 'Boolean', 'Duration'];
/** What a condition on related rows costs, in points. */
const RELATED_COST = '@cost(weight: 20)';

/** The inputs of the lists of a type: `FilmWhere`, `FilmListWhere`, `FilmOrder` and `FilmOrderField`. */
export function printListInputs({ name, fields }: TypeModel, enums: readonly EnumModel[]): string[] {
  const conditions = fields.flatMap((field) => printCondition(field, enums));
  const order = fields.filter(isOrdered).map((field) => `  ${toConstant(field.name)}`);
  return [
    `input ${name}Where {
${[...conditions, `  and: [${name}Where!]`, `  or: [${name}Where!]`, `  not: ${name}Where`].join('\n')}
}`,
    `input ${name}ListWhere {\n  some: ${name}Where\n  none: ${name}Where\n}`,
    ...(order.length > 0 ? [printOrder(name), `enum ${name}OrderField {\n${order.join('\n')}\n}`] : []),
  ];
}

/** The arguments of a list of a type, besides those of a page. */
export function listArguments({ name, fields }: TypeModel): string {
  return `where: ${name}Where @cost(weight: 10), ${fields.some(isOrdered) ? `orderBy: [${name}Order!], ` : ''}`;
}

function printCondition(field: FieldModel, enums: readonly EnumModel[]): string[] {
  if (field.kind === 'service') return [];
  if (field.kind !== 'column') {
    return [`  ${field.name}: ${field.target}${isList(field) ? 'ListWhere' : 'Where'} ${RELATED_COST}`];
  }
  const filter = filterOf(field, enums);
  return filter === undefined ? [] : [`  ${field.name}: ${filter}`];
}

/** Whether a field has a list of rows. */
function isList(field: FieldModel): boolean {
  return field.kind === 'many' || field.kind === 'pairs';
}

function isOrdered(field: FieldModel): boolean {
  return field.kind === 'column' && ORDERED.includes(named(field)) && (named(field) !== 'String' || field.isText);
}

/** The names of all filters that these types use. */
export function filtersOf(types: readonly TypeModel[], enums: readonly EnumModel[]): ReadonlySet<string | undefined> {
  const all = types.flatMap(({ fields }) => fields);
  return new Set(all.map((field) => (field.kind === 'column' ? filterOf(field, enums) : undefined)));
}

/** The filters that these types use and the engine's SDL does not have. */
export function printFilters(types: readonly TypeModel[], enums: readonly EnumModel[]): string[] {
  const used = filtersOf(types, enums);
  const compared = COMPARED.filter((scalar) => used.has(`${scalar}Filter`));
  const chosen = enums.map(({ name }) => name).filter((name) => used.has(`${name}Filter`));
  return [
    ...compared.map((scalar) => printFilter(scalar, [...EQUALITY, ...LISTS, ...COMPARISON])),
    ...chosen.map((name) => printFilter(name, [...EQUALITY, ...LISTS])),
  ];
}

/** The filter of a column; undefined if lists cannot be filtered by it. */
function filterOf(field: ColumnField, enums: readonly EnumModel[]): string | undefined {
  const type = named(field);
  // Ranges and addresses are texts without the operators of texts.
  if (type === 'String' && !field.isText) return undefined;
  if (type === 'Boolean') return type;
  if (Object.hasOwn(ENGINE_FILTERS, type)) return ENGINE_FILTERS[type];
  return COMPARED.includes(type) || enums.some(({ name }) => name === type) ? `${type}Filter` : undefined;
}

function printOrder(name: string): string {
  return `input ${name}Order {
  field: ${name}OrderField!
  direction: OrderDirection! = ASC
}`;
}

function printFilter(type: string, operators: readonly string[]): string {
  const lines = operators.map((it) => `  ${it}: ${LISTS.includes(it) ? `[${type}!]` : type}`);
  return `input ${type}Filter {\n${lines.join('\n')}\n}`;
}

/** The type without its `!`; empty for a list. */
function named({ type }: ColumnField): string {
  return type.startsWith('[') ? '' : type.replace('!', '');
}

function toConstant(name: string): string {
  return name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2').toUpperCase();
}
