import { readFileSync } from 'node:fs';
import { type DefinitionNode, Kind, type ObjectTypeDefinitionNode, parse, print, printType } from 'graphql';
import * as scalars from '../graphql/scalars.ts';
import type { ColumnField, EnumModel } from './columns.ts';
import { filtersOf, listArguments, printFilters, printListInputs } from './list-inputs.ts';
import type { FieldModel, Model, PairsField, TypeModel } from './model.ts';

const ENGINE_SDL = new URL('../graphql/engine.graphql', import.meta.url);
/** The definitions that every application has. */
const COMMON = [
  ...['Role', 'ErrorCode', 'auth', 'owned', 'cost', 'listSize', 'defer', 'stream', 'Node', 'PageInfo', 'UserError'],
  ...['User', 'SignInInput', 'SignInPayload', 'SignOutPayload', 'DateTime', 'OrderDirection'],
  // `gather add type` needs it.
  'StringFilter',
];
const SCALARS = [
  ...[scalars.Base64, scalars.BigIntScalar, scalars.DateScalar, scalars.Decimal, scalars.Duration],
  ...[scalars.JSONScalar, scalars.LocalDateTime, scalars.LocalTime, scalars.UUID],
];
const QUERY = ['node', 'nodes', 'viewer'];
const MUTATION = ['signIn', 'signOut'];
const STAFF = '@auth(requires: STAFF)';
const PAGE = 'first: Int, after: String, last: Int, before: String';
const LIST_SIZE = '@listSize(assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["nodes", "edges"])';
const PLAIN_LIST_SIZE = LIST_SIZE.replace(', "edges"', '');

/** Types, and the enums of their fields. */
type Types = Pick<Model, 'types' | 'enums'>;

/** Prints the SDL of an application over these types. Only STAFF sees anything of them. */
export function printSdl({ types, enums }: Types): string {
  const engine = parse(readFileSync(ENGINE_SDL, 'utf8')).definitions;
  const columns = types.flatMap(({ fields }) => fields.flatMap(columnsOf));
  const used = new Set(columns.map(({ type }) => bare(type)));
  const wanted = new Set([...COMMON, ...filtersOf(types, enums)]);
  const parts = [
    ...engine.filter((it) => wanted.has(nameOf(it))).map(print),
    ...SCALARS.filter(({ name }) => used.has(name)).map(printType),
    printRoot(engine, 'Query', QUERY, types.map(printRootFields)),
    printRoot(engine, 'Mutation', MUTATION),
    ...types.flatMap((type) => printTypeParts(type, { types, enums })),
    ...printFilters(types, enums),
    ...enums.map(printEnum),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The fields with columns: a field itself, or those of its edges. */
function columnsOf(field: FieldModel): readonly ColumnField[] {
  if (field.kind === 'pairs') return field.edge?.fields ?? [];
  return field.kind === 'column' ? [field] : [];
}

function printRoot(engine: readonly DefinitionNode[], name: string, own: readonly string[], more: string[] = []) {
  const found = engine.find((it): it is ObjectTypeDefinitionNode => {
    return it.kind === Kind.OBJECT_TYPE_DEFINITION && it.name.value === name;
  });
  const fields = found?.fields?.filter((it) => own.includes(it.name.value)).map((it) => indented(print(it))) ?? [];
  return `${describe(found?.description?.value)}type ${name} {\n${[...fields, ...more].join('\n')}\n}`;
}

/** The fields of Query with one row of a type, and with a list. */
export function printRootFields(type: TypeModel): string {
  const { name, one, many } = type;
  const row = one === undefined ? '' : `  ${one}(by: ${name}By!): ${name} ${STAFF}\n`;
  return `${row}  ${many}(${listArguments(type)}${PAGE}): ${name}Connection ${STAFF}\n    ${sizeOf(type)}`;
}

/** A type, its connections, and the inputs of its lists. */
export function printTypeParts(type: TypeModel, all: Types): string[] {
  return [
    printObjectType(type, all),
    printConnection(type),
    ...printInputs(type, all),
    ...type.fields.flatMap((field) => (field.kind === 'pairs' ? printPairs(type, field) : printObject(field))),
  ];
}

function printInputs(type: TypeModel, { enums }: Types): string[] {
  const { name, one, unique } = type;
  const by = ['id: ID', ...unique.map((field) => `${field.name}: ${field.type.replace('!', '')}`)];
  return [
    ...(one === undefined ? [] : [`input ${name}By @oneOf {\n${by.map((it) => `  ${it}`).join('\n')}\n}`]),
    ...printListInputs(type, enums),
  ];
}

function printObjectType({ name, description, fields }: TypeModel, all: Types): string {
  return `${describe(description)}type ${name} implements Node ${STAFF} {
  "Opaque and globally unique."
  id: ID!
${fields.map((field) => printField(field, all)).join('\n')}
}`;
}

function printField(field: FieldModel, { types }: Types): string {
  if (field.kind === 'column' || field.kind === 'service') return printColumn(field);
  if (field.kind === 'one') return printColumn({ ...field, type: field.target });
  const target = types.find(({ name }) => name === field.target);
  const list = target?.one === undefined ? '' : listArguments(target);
  const connection = field.kind === 'pairs' && field.edge ? field.edge.stem : field.target;
  return `  ${field.name}(${list}${PAGE}): ${connection}Connection\n    ${sizeOf(target)}`;
}

function printColumn({ name, type, description }: Pick<ColumnField, 'name' | 'type' | 'description'>): string {
  return `${describe(description, '  ')}  ${name}: ${type}`;
}

function sizeOf(type: TypeModel | undefined): string {
  return type?.one === undefined ? PLAIN_LIST_SIZE : LIST_SIZE;
}

/** The type of an object of a service. */
function printObject(field: FieldModel): string[] {
  if (field.kind !== 'service' || !field.object) return [];
  const lines = field.object.map(({ name, type }) => `  ${name}: ${type}`);
  return [`${describe(field.description)}type ${field.type} {\n${lines.join('\n')}\n}`];
}

function printConnection({ name, one, many }: TypeModel): string {
  const hasEdges = one !== undefined;
  const connection = printPage(name, many, name, hasEdges);
  return hasEdges ? `${connection}\n\n${printEdge(name, name, [])}` : connection;
}

/** The connection of the rows to which pairs lead, if pairs have columns of their own. */
function printPairs({ many }: TypeModel, { name, target, edge }: PairsField): string[] {
  if (!edge) return [];
  const fields = edge.fields.map((field) => printColumn(field));
  return [
    printPage(edge.stem, `the ${name} of ${many}`, target, true),
    describe(edge.description) + printEdge(edge.stem, target, fields),
  ];
}

function printPage(stem: string, rows: string, node: string, hasEdges: boolean): string {
  return `"A page of ${rows}."
type ${stem}Connection {
${hasEdges ? `  edges: [${stem}Edge!]!\n` : ''}  nodes: [${node}!]!
  pageInfo: PageInfo!
  "Counted only if selected."
  totalCount: Int @cost(weight: 5)
}`;
}

function printEdge(stem: string, node: string, fields: readonly string[]): string {
  return `type ${stem}Edge {\n${[`  node: ${node}!`, '  cursor: String!', ...fields].join('\n')}\n}`;
}

function printEnum({ name, values, description }: EnumModel): string {
  return `${describe(description)}enum ${name} {\n${values.map((value) => `  ${value}`).join('\n')}\n}`;
}

function describe(text: string | undefined, indent = ''): string {
  if (!text) return '';
  const isShort = !text.includes('\n') && text.length + indent.length < 110;
  if (isShort) return `${indent}${JSON.stringify(text)}\n`;
  const lines = text
    .replaceAll('"""', '\\"""')
    .split('\n')
    .map((line) => `${indent}${line.trim()}\n`);
  return `${indent}"""\n${lines.join('')}${indent}"""\n`;
}

function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function nameOf(definition: DefinitionNode): string {
  return 'name' in definition ? (definition.name?.value ?? '') : '';
}

function bare(type: string): string {
  return type.replace(/[[\]!]/g, '');
}
