import type { Origin } from './app-files.ts';
import type { Files } from './files.ts';
import type { Model } from './model.ts';
import type { ServiceModel } from './services.ts';

/** What a project is called, and the versions of its packages. */
export interface ProjectOptions {
  name: string;
  /** The version of a package in package.json: `^1.0.0`, or `file:` and a path. */
  versionOf(name: string): string;
}

/** Of which a project has the version that Gather has. */
const SHARED = ['gather', 'graphql', 'kysely', 'zod'];
const NODE = '^26.10.0';
const DEVELOPMENT = { '@types/node': '^26.6.6', typescript: '7.0.2' };

export const TESTS = ['--test', '--test-isolation=none', 'test/*.test.ts'];
/** The script `test`, unless a person has changed it. */
export const TEST_SCRIPT = `tsc && node codegen.ts --check && node ${TESTS.join(' ')}`;

/** What a project has besides its declaration: packages, compiler, code generation, README and CI. */
export function projectFiles(
  { name, versionOf }: ProjectOptions,
  { leftOut, services }: Pick<Model, 'leftOut' | 'services'>,
  origin: Origin,
): Files {
  return {
    'package.json': `${JSON.stringify(
      {
        name,
        private: true,
        type: 'module',
        scripts: {
          start: 'node src/main.ts start',
          dev: 'node src/main.ts dev',
          gather: 'node src/main.ts',
          codegen: 'node codegen.ts',
          test: TEST_SCRIPT,
        },
        dependencies: { ...Object.fromEntries(SHARED.map((it) => [it, versionOf(it)])), node: NODE },
        devDependencies: DEVELOPMENT,
      },
      null,
      2,
    )}\n`,
    'tsconfig.json': TSCONFIG,
    'codegen.ts': printCodegen(origin, services.length > 0),
    '.gitignore': 'node_modules\n.gather\n',
    '.github/workflows/ci.yml': CI,
    'README.md': origin === 'structure' ? printReadme(name, leftOut, services) : printOwnReadme(name),
  };
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2025",
    "lib": ["es2025", "esnext.array", "esnext.disposable"],
    "module": "nodenext",
    "types": ["node"],
    "noEmit": true,
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "exactOptionalPropertyTypes": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "allowImportingTsExtensions": true,
    "skipLibCheck": true
  },
  "include": ["src", "test", "codegen.ts"]
}
`;

function printCodegen(origin: Origin, hasServices: boolean): string {
  const isOwn = origin === 'migrations';
  const tables = isOwn ? 'migrations' : "structure: 'database.json'";
  return `import { applicationFiles, runCodegen } from 'gather/codegen';
${isOwn ? "import { migrations } from './src/migrations/index.ts';\n" : ''}import { types } from './src/tables.ts';

await runCodegen(
  applicationFiles({
    out: 'src/generated',
    schema: 'schema.graphql',
    types,
    ${tables},
${hasServices ? "    services: 'services/*.openapi.*',\n" : ''}  }),
);
`;
}

const CI = `name: CI
on: [push, pull_request]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 26, cache: npm }
      - run: npm ci
      - run: npm test
`;

/** The rows of the README's table of settings. */
export function printSettings({ settings }: ServiceModel): string {
  return Object.entries(settings)
    .map(([name, meaning]) => `| \`${name}\` | ${meaning} |\n`)
    .join('');
}

/** The section of the README with the settings of services; empty without services. */
export function printSettingsOf(services: readonly ServiceModel[]): string {
  if (services.length === 0) return '';
  return `\n## Settings of the services\n\n| setting | |\n| --- | --- |\n${services.map(printSettings).join('')}`;
}

function printReadme(name: string, leftOut: readonly string[], services: readonly ServiceModel[]): string {
  const omitted = leftOut.length === 0 ? 'Nothing was left out.' : leftOut.map((line) => `- ${line}`).join('\n');
  return `# ${name}

A GraphQL API over a PostgreSQL database, on Gather.

\`\`\`sh
npm install
npm test                                          # types, generated files, and the tests on a copy of the structure
export DATABASE_URL=postgres://…
npm run gather -- migrate                         # adds the schemas gather and gather_jobs, and changes no other
npm run gather -- user add you@example.com --role STAFF
npm start                                         # http://127.0.0.1:4000/graphql
\`\`\`

| file | what it says |
| --- | --- |
| \`schema.graphql\` | the API: what clients can ask, and who may: \`@auth(requires: STAFF)\` until you change it |
| \`src/tables.ts\`, \`src/types/\` | which type is which table, and where fields that are no columns come from |
| \`src/Query.ts\` | where queries begin |
| \`database.json\` | the structure of the database, and what its tables and columns are called in the code |
| \`src/generated/\` | written by \`npm run codegen\` |

To let everybody see a type, delete \`@auth(requires: STAFF)\` from the type and from its fields of \`Query\`. A role of your own is a
line in \`enum Role\`. \`@owned(by: "customerId")\` on a type leaves each viewer the rows with their key.

After a change of the database, run \`npm run gather -- init .\` again. It adds what is new, and leaves your lines as
they are.
${printSettingsOf(services)}
## Left out

${omitted}
`;
}

function printOwnReadme(name: string): string {
  return `# ${name}

A GraphQL API on Gather.

\`\`\`sh
npm install
npm test                                   # types, generated files and tests
npm run dev                                # http://127.0.0.1:4000/graphql, on an embedded PostgreSQL
npm run gather -- add type Reservation     # a table, its type, and a test
npm run gather -- add service ratings --openapi FILE
npm run gather -- add mutation lendBook
npm run gather -- add task remind
\`\`\`

| file | what it says |
| --- | --- |
| \`schema.graphql\` | the API: what clients can ask, and who may |
| \`src/migrations/\` | the tables |
| \`src/tables.ts\`, \`src/types/\` | which type is which table, and where fields that are no columns come from |
| \`src/Query.ts\` | where queries begin |
| \`src/generated/\` | written by \`npm run codegen\` |
`;
}
