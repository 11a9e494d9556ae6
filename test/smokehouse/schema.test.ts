import { readFile } from 'node:fs/promises';
import {
  buildSchema,
  findBreakingChanges,
  GraphQLDeferDirective,
  type GraphQLNamedType,
  type GraphQLSchema,
  GraphQLStreamDirective,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { expect, test } from 'vitest';
import { schema } from '../helpers/schema.ts';

interface Described {
  description?: string | null | undefined;
}

test('every type, field, argument, value and directive has a description', () => {
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
  const parts: Described[] = [...types.flatMap(partsOf), ...schema.getDirectives().flatMap((it) => [it, ...it.args])];
  expect(parts.length).toBeGreaterThan(300);
  expect(parts.filter(({ description }) => !description?.trim()).map(String)).toEqual([]);
});

test('the file alone declares all that the server takes, @defer and @stream included', async () => {
  const file = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'));
  const document = parse(`query ($wait: Boolean = true) {
    home { ... @defer(if: $wait, label: "promo") { promo { title } } ...later @defer }
    menu { all @stream(initialCount: 2, label: "items", if: $wait) { name } }
  }
  fragment later on Home { featured(first: 1) { name } }`);
  expect(validate(file, document)).toEqual([]);
  expect(validate(schema, document)).toEqual([]);
  expect(schema.getDirectives().map(String)).toEqual(file.getDirectives().map(String));
  // As graphql-js knows them, but for what is said of them.
  for (const standard of [GraphQLDeferDirective, GraphQLStreamDirective]) {
    const changes = [standard, file.getDirective(standard.name)].map((directive) => {
      if (!directive) return undefined;
      const { name, locations, isRepeatable, args } = directive;
      return {
        name,
        locations,
        isRepeatable,
        arguments: args.map(({ name: of, type }) => `${of}: ${type}`).toSorted(),
      };
    });
    expect(changes[1]).toEqual(changes[0]);
  }
});

test('a breaking change since the last release is named under Pending in the changelog', async () => {
  const released = buildSchema(await readFile(new URL('released.graphql', import.meta.url), 'utf8'));
  const changelog = await readFile(new URL('../../CHANGELOG.md', import.meta.url), 'utf8');
  expect(findUnannounced(released, schema, changelog)).toEqual([]);
});

test('only a line under Pending announces a breaking change', () => {
  const released = buildSchema('enum Smoke { OAK ASH } type Query { meat(smoke: Smoke): String bread: String }');
  const now = buildSchema('enum Smoke { OAK } type Query { meat(smoke: Smoke!): String }');
  const changes = [
    'Enum value Smoke.ASH was removed.',
    'Field Query.bread was removed.',
    'Argument Query.meat(smoke:) has changed type from Smoke to Smoke!.',
  ];
  const announce = (pending: string) =>
    `# Changelog\n\n## Pending\n\n${pending}\n\n## 1.0.0\n\n- \`Smoke.ASH\` is gone.\n`;
  expect(findUnannounced(released, now, announce('Nothing yet.')).toSorted()).toEqual(changes.toSorted());
  expect(
    findUnannounced(released, now, announce('- `Query.meat` is stricter. `Query.breads`, `Query.bread` too.')),
  ).toEqual([changes[0], changes[2]]);
  const all = '- `Smoke.ASH` is gone.\n- `Query.bread` is gone.\n- `Query.meat(smoke:)` is required.';
  expect(findUnannounced(released, now, announce(all))).toEqual([]);
});

function partsOf(type: GraphQLNamedType): Described[] {
  if (isEnumType(type)) return [type, ...type.getValues()];
  if (isInputObjectType(type)) return [type, ...Object.values(type.getFields())];
  if (!isObjectType(type) && !isInterfaceType(type)) return [type];
  return [type, ...Object.values(type.getFields()).flatMap((field) => [field, ...field.args])];
}

/** The breaking changes that have no line under Pending with their schema coordinate in it. */
function findUnannounced(released: GraphQLSchema, now: GraphQLSchema, changelog: string): string[] {
  const [, pending = ''] = /^## Pending$([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(changelog) ?? [];
  const changes = findBreakingChanges(released, now).map(({ description }) => description);
  return changes.filter((change) => !pending.includes(`\`${coordinateOf(change)}\``));
}

/** A member (`Item.price`, `Query.item(by:)`, `@defer`) if the sentence has one, else the type that it begins with. */
function coordinateOf(change: string): string {
  const [coordinate = ''] = /\w+\.\w+(\(\w+:\))?|@\w+(\(\w+:\))?/.exec(change) ?? /\w+/.exec(change) ?? [];
  return coordinate;
}
