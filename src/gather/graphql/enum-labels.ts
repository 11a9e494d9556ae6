import { type GraphQLEnumType, type GraphQLSchema, getNamedType, isEnumType, isObjectType } from 'graphql';
import { toAscii } from '../ascii.ts';

/** The labels of enums by column, as table definitions have them. */
type Labels = { readonly [Column in string]?: readonly string[] };

/** A label as the name of a value in GraphQL: `PG-13` is `PG_13`, `in progress` is `IN_PROGRESS`, `Größe` is `GROSSE`. */
export function toEnumName(label: string): string {
  return toPlainName(toAscii(label.toUpperCase()));
}

/** The name by letters of ASCII alone, which former versions gave: `GR_E` for `Größe`. */
function toPlainName(label: string): string {
  const name = label.replaceAll(/[^A-Za-z\d]+/g, '_').toUpperCase();
  return /^\d/.test(name) ? `_${name}` : name;
}

/**
 * The label behind a value of an enum: the one of its name, or else the one whose name in GraphQL it is; undefined if there is
 * none.
 */
export function toLabel(value: string, labels: readonly string[]): string | undefined {
  if (labels.includes(value)) return value;
  return labels.find((label) => toEnumName(label) === value) ?? labels.find((label) => toPlainName(label) === value);
}

/** The enums of an SDL whose values are the labels of a column, with these labels: `{ Rating: { PG_13: 'PG-13' } }`. */
export function enumLabels(
  schema: GraphQLSchema,
  labelsOf: (type: string) => Labels | undefined,
): Record<string, Record<string, string>> {
  const found: Record<string, Record<string, string>> = {};
  for (const { type, labels } of labelledEnums(schema, labelsOf)) {
    const entries = type.getValues().map(({ name }) => [name, toLabel(name, labels) ?? name] as const);
    found[type.name] ??= Object.fromEntries(entries);
  }
  return found;
}

/** A field whose column is an enum in the database, and whose type is one in the SDL. */
interface LabelledEnum {
  place: string;
  type: GraphQLEnumType;
  labels: readonly string[];
}

/** The enums on both sides, each with the first of its fields. A field has the column of its name. */
export function labelledEnums(
  schema: GraphQLSchema,
  labelsOf: (type: string) => Labels | undefined,
): readonly LabelledEnum[] {
  const found = new Map<string, LabelledEnum>();
  for (const parent of Object.values(schema.getTypeMap())) {
    const labels = isObjectType(parent) ? labelsOf(parent.name) : undefined;
    if (!labels || !isObjectType(parent)) continue;
    for (const field of Object.values(parent.getFields())) {
      const type = getNamedType(field.type);
      const own = Object.hasOwn(labels, field.name) ? labels[field.name] : undefined;
      const key = `${type.name} ${own}`;
      if (own && isEnumType(type) && !found.has(key)) {
        found.set(key, { place: `${parent.name}.${field.name}`, type, labels: own });
      }
    }
  }
  return [...found.values()];
}
