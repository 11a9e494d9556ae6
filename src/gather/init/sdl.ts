import { readFileSync } from 'node:fs';
import { type DefinitionNode, Kind, type ObjectTypeDefinitionNode, parse, print, printType } from 'graphql';
import * as scalars from '../graphql/scalars.ts';
import { filtersOf, listArguments, printFilters, printListInputs } from './list-inputs.ts';
import type { EnumModel, FieldModel, Model, TypeModel } from './model.ts';

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
const LIST_SIZE = '@listSize(assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["nodes"])';

/** Prints the SDL of an application over these types. Only STAFF sees anything of them. */
export function printSdl({ types, enums }: Pick<Model, 'types' | 'enums'>): string {
  const engine = parse(readFileSync(ENGINE_SDL, 'utf8')).definitions;
  const used = new Set(types.flatMap(({ fields }) => fields.map((it) => (it.kind === 'column' ? bare(it.type) : ''))));
  const wanted = new Set([...COMMON, ...filtersOf(types, enums)]);
  const parts = [
    ...engine.filter((it) => wanted.has(nameOf(it))).map(print),
    ...SCALARS.filter(({ name }) => used.has(name)).map(printType),
    printRoot(engine, 'Query', QUERY, types.map(printRootField)),
    printRoot(engine, 'Mutation', MUTATION),
    ...types.flatMap((type) => [...printTypeParts(type, enums), ...type.fields.flatMap(printObject)]),
    ...printFilters(types, enums),
    ...enums.map(printEnum),
  ];
  return `${parts.join('\n\n')}\n`;
}

function printRoot(engine: readonly DefinitionNode[], name: string, own: readonly string[], more: string[] = []) {
  const found = engine.find((it): it is ObjectTypeDefinitionNode => {
    return it.kind === Kind.OBJECT_TYPE_DEFINITION && it.name.value === name;
  });
  const fields = found?.fields?.filter((it) => own.includes(it.name.value)).map((it) => indented(print(it))) ?? [];
  return `${describe(found?.description?.value)}type ${name} {\n${[...fields, ...more].join('\n')}\n}`;
}

/** The field of Query with a list of a type. */
export function printRootField(type: TypeModel): string {
  const { name, many } = type;
  return `  ${many}(${listArguments(type)}${PAGE}): ${name}Connection ${STAFF}\n    ${LIST_SIZE}`;
}

/** A type, its connection, and the inputs of its lists. */
export function printTypeParts(type: TypeModel, enums: readonly EnumModel[]): string[] {
  return [printObjectType(type), printConnection(type), ...printListInputs(type, enums)];
}

function printObjectType({ name, description, fields }: TypeModel): string {
  return `${describe(description)}type ${name} implements Node ${STAFF} {
  "Opaque and globally unique."
  id: ID!
${fields.map(printField).join('\n')}
}`;
}

function printField(field: FieldModel): string {
  const description = describe(field.description, '  ');
  if (field.kind === 'column' || field.kind === 'service') return `${description}  ${field.name}: ${field.type}`;
  if (field.kind === 'one') return `${description}  ${field.name}: ${field.target}`;
  return `${description}  ${field.name}(${PAGE}): ${field.target}Connection\n    ${LIST_SIZE}`;
}

/** The type of an object of a service. */
function printObject(field: FieldModel): string[] {
  if (field.kind !== 'service' || !field.object) return [];
  const lines = field.object.map(({ name, type }) => `  ${name}: ${type}`);
  return [`${describe(field.description)}type ${field.type} {\n${lines.join('\n')}\n}`];
}

function printConnection({ name, many }: TypeModel): string {
  return `"A page of ${many}."
type ${name}Connection {
  nodes: [${name}!]!
  pageInfo: PageInfo!
  "Counted only if selected."
  totalCount: Int @cost(weight: 5)
}`;
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
