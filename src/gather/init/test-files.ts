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
    ...Object.fromEntries(
      services.map((service) => [`test/${service.name}.test.ts`, printServiceTest(service, types)]),
    ),
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
${arrange === '' ? '' : `\n${arrange}\n`}
test('${many} with all that they have are ${statements} statements', async () => {
  const { data, errors } = await app.query(QUERY, {}, { viewer: signedIn('STAFF') });
  assert.deepEqual(errors, undefined);
  assert.equal(data.${many}.nodes.length, 1);
  assert.deepEqual(app.cost(), { statements: ${statements}, calls: 0 });
});

${printFinderTest(type)}test('only STAFF sees ${many}', async () => {
  const { errors } = await app.query(QUERY, {}, { viewer: signedIn('MEMBER') });
  assert.equal(errors?.[0]?.extensions?.['code'], 'FORBIDDEN');
  assert.deepEqual(app.cost(), { statements: 0, calls: 0 });
});
`;
}

/** Tests that a row is found by its ID and by each unique column. */
function printFinderTest({ name, one, many, unique }: TypeModel): string {
  if (one === undefined) return '';
  const keys = ['id', ...unique.map((field) => field.name)];
  return `test('a statement finds one of ${many} by ${keys.join(', or by ')}', async () => {
  const staff = { viewer: signedIn('STAFF') };
  const { data } = await app.query('{ ${many}(first: 1) { nodes { ${keys.join(' ')} } } }', {}, staff);
  const [row] = data.${many}.nodes;
  for (const [key, value] of Object.entries(row)) {
    app.cost();
    const found = await app.query('query ($by: ${name}By!) { ${one}(by: $by) { id } }', { by: { [key]: value } }, staff);
    assert.deepEqual(found.data.${one}, { id: row.id });
    assert.deepEqual(app.cost(), { statements: 1, calls: 0 });
  }
});

`;
}

function printSelection(field: FieldModel): string[] {
  if (field.kind === 'service') return [];
  if (field.kind === 'column') return [field.name];
  if (field.kind === 'one') return [`${field.name} { id }`];
  if (field.kind !== 'pairs' || !field.edge) return [`${field.name}(first: 1) { nodes { id } }`];
  const fields = field.edge.fields.map(({ name }) => name).join(' ');
  return [`${field.name}(first: 1) { edges { ${fields} node { id } } }`];
}

/** Tests that answers come without a service. */
export function printServiceTest({ name, fields }: ServiceModel, types: readonly TypeModel[]): string {
  // The service answers nothing unless a test says what.
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
  const imports = tests.length > 0 ? 'signedIn' : 'fails';
  return `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ${imports} } from 'gather/testing';
import { app } from './app.ts';

${tests.join('\n') || printWithout(name)}`;
}

/** Tests that what does not read a service comes without it. */
function printWithout(name: string): string {
  return `test('without ${name} the rest still comes', async () => {
  app.setService('${name}', fails);
  const { data } = await app.query('{ viewer { role } }');
  assert.deepEqual(data, { viewer: null });
  assert.deepEqual(app.cost(), { statements: 0, calls: 0 });
});
`;
}

/** The list, its count, one for each other table referred to, and one for each list of the type. */
function countStatements({ fields, name }: TypeModel): number {
  const referred = new Set(fields.filter(({ kind }) => kind === 'one').map((it) => 'target' in it && it.target));
  referred.delete(name);
  return 2 + referred.size + fields.filter(({ kind }) => kind === 'many' || kind === 'pairs').length;
}
