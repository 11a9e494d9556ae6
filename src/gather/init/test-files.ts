import type { Origin } from './app-files.ts';
import type { Files } from './files.ts';
import type { FieldModel, Model, TypeModel } from './model.ts';
import type { ServiceModel } from './services.ts';

/** A test file for each type, and the application that they test. */
export function testFiles({ types, services }: Pick<Model, 'types' | 'services'>, origin: Origin): Files {
  return {
    'test/app.ts':
      origin === 'structure'
        ? printApp('onCopy, startTestApp', 'onCopy(application)', ON_COPY)
        : printApp('startTestApp', 'application', ON_OWN),
    ...Object.fromEntries(services.flatMap((service) => printServiceTest(service, types))),
    ...Object.fromEntries(types.map((type) => [`test/${type.name}.test.ts`, printTest(type)])),
  };
}

const ON_COPY =
  "The application on a copy of the database's tables, with one row in each. Tests that only read share it.";
const ON_OWN = 'The application on a database of its own. Tests that only read share it.';

function printApp(imports: string, tested: string, description: string): string {
  return `import { after, beforeEach } from 'node:test';
import { ${imports} } from 'gather/testing';
import { app as application } from '../src/index.ts';

/** ${description} */
export const app = await startTestApp(${tested});

// Each test counts its own statements.
beforeEach(() => void app.cost());
after(() => app[Symbol.asyncDispose]());
`;
}

/** Tests a type. @param arrange makes its rows, if the database has none */
export function printTest(type: TypeModel, arrange = ''): string {
  const { many } = type;
  const statements = countStatements(type);
  const fields = ['id', ...type.fields.flatMap(printSelection)];
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedIn } from 'gather/testing';
import { app } from './app.ts';

const QUERY = \`{
  ${many}(first: 1) {
    totalCount
    nodes {
${fields.map((field) => `      ${field}`).join('\n')}
    }
  }
}\`;

test('${many} with all that they have are ${statements} statements', async () => {
${arrange === '' ? '' : `  ${arrange}\n`}  const { data, errors } = await app.query(QUERY, {}, { viewer: signedIn('STAFF') });
  assert.deepEqual(errors, undefined);
  assert.equal(data.${many}.nodes.length, 1);
  assert.deepEqual(app.cost(), { statements: ${statements}, calls: 0 });
});

test('only STAFF sees ${many}', async () => {
  const { errors } = await app.query(QUERY, {}, { viewer: signedIn('MEMBER') });
  assert.equal(errors?.[0]?.extensions?.['code'], 'FORBIDDEN');
  assert.deepEqual(app.cost(), { statements: 0, calls: 0 });
});
`;
}

function printSelection(field: FieldModel): string[] {
  if (field.kind === 'service') return [];
  if (field.kind === 'column') return [field.name];
  return [field.kind === 'one' ? `${field.name} { id }` : `${field.name}(first: 1) { nodes { id } }`];
}

/** Tests that rows come without a service, which answers nothing unless a test says what. */
function printServiceTest({ name, fields }: ServiceModel, types: readonly TypeModel[]): [string, string][] {
  const tests = fields.flatMap((field) => {
    const type = types.find((it) => it.fields.includes(field));
    if (!type) return [];
    const object = field.object ? ` { ${field.object.map((it) => it.name).join(' ')} }` : '';
    return [
      `test('${type.many} come without ${field.name}, which is one call', async () => {
  const query = '{ ${type.many}(first: 1) { nodes { id ${field.name}${object} } } }';
  const { data } = await app.query(query, {}, { viewer: signedIn('STAFF') });
  assert.deepEqual(data.${type.many}.nodes, [{ id: data.${type.many}.nodes[0].id, ${field.name}: null }]);
  assert.deepEqual(app.cost(), { statements: 1, calls: 1 });
});
`,
    ];
  });
  if (tests.length === 0) return [];
  return [
    [
      `test/${name}.test.ts`,
      `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedIn } from 'gather/testing';
import { app } from './app.ts';

${tests.join('\n')}`,
    ],
  ];
}

/** The list, its count, one for each other table referred to, and one for each list of the type. */
function countStatements({ fields, name }: TypeModel): number {
  const referred = new Set(fields.filter(({ kind }) => kind === 'one').map((it) => 'target' in it && it.target));
  referred.delete(name);
  return 2 + referred.size + fields.filter(({ kind }) => kind === 'many').length;
}
