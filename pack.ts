import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Builds the package `gather` from `src/gather`: JavaScript, types and source maps, with a package.json of its own. Node
 * strips no types below node_modules. `npm run pack` makes a tarball of it.
 */

const ROOT = fileURLToPath(new URL('.', import.meta.url));
const [out = join(ROOT, 'dist')] = process.argv.slice(2);

/** Not of the engine: the sample shop's packages, and Node, which the application chooses. */
const OF_OTHERS = ['@expo-google-fonts/noto-serif', '@pdf-lib/fontkit', 'node', 'pdf-lib'];

/** Their objects are passed between the application and Gather, so there must be one copy of each. */
const SHARED = ['graphql', 'kysely', 'zod'];

/** Public types name these, and those of Node, which come with them. */
const TYPES = ['@types/pg'];

/** A setting asks for them. Most applications need none. */
const BY_SETTING = ['@aws-sdk/client-s3', '@opentelemetry/sdk-node', '@sentry/core'];

/** For thumbnails, and for development: `npm install --omit=optional` leaves them out. */
const OPTIONAL = [
  'sharp',
  '@apollo/client',
  '@graphql-codegen/core',
  '@graphql-codegen/typescript',
  '@graphql-codegen/typescript-resolvers',
  '@urql/core',
  'inflection',
  'json-schema-to-typescript',
  'node-diff3',
  'pg-introspection',
  'yaml',
];

type Versions = Readonly<Record<string, string>>;

/** What package.json of the repository says, and the package's says too. */
interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  type: string;
  engines: Versions;
  bin: Versions;
  exports: Versions;
  dependencies: Versions;
  devDependencies: Versions;
  optionalDependencies: Versions;
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

rmSync(out, { recursive: true, force: true });
const tsc = [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, 'tsconfig.package.json'), '--outDir', out];
execFileSync(process.execPath, tsc, { stdio: 'inherit' });
writeFileSync(join(out, 'package.json'), `${JSON.stringify(packageOf(manifest), null, 2)}\n`);
cpSync(join(ROOT, 'src/gather/graphql/engine.graphql'), join(out, 'graphql/engine.graphql'));
cpSync(join(ROOT, 'src/gather/README.md'), join(out, 'README.md'));
for (const file of ['CHANGELOG.md', 'LICENSE']) cpSync(join(ROOT, file), join(out, file));
for (const guide of globSync(join(ROOT, 'docs/*.md'))) cpSync(guide, join(out, 'docs', basename(guide)));

function packageOf({ name, version, description, license, type, engines, bin, exports, ...packages }: Manifest) {
  const versions = { ...packages.devDependencies, ...packages.dependencies };
  const own = Object.keys(packages.dependencies).filter(
    (it) => ![...OF_OTHERS, ...SHARED, ...BY_SETTING, ...OPTIONAL].includes(it),
  );
  return {
    name,
    version,
    description,
    license,
    type,
    engines,
    bin: mapValues(bin, toBuilt),
    exports: {
      ...mapValues(exports, (file) => ({ types: toBuilt(file, '.d.ts'), default: toBuilt(file) })),
      './package.json': './package.json',
    },
    dependencies: pick(versions, [...own, ...TYPES]),
    peerDependencies: mapValues(pick(versions, [...SHARED, ...BY_SETTING]), (it) => `^${it}`),
    peerDependenciesMeta: Object.fromEntries(BY_SETTING.map((it) => [it, { optional: true }])),
    optionalDependencies: { ...pick(versions, OPTIONAL), ...packages.optionalDependencies },
  };
}

/** `./src/gather/index.ts` is built as `./index.js`. */
function toBuilt(file: string, extension = '.js'): string {
  return file.replace('./src/gather/', './').replace(/\.ts$/, extension);
}

function pick(versions: Versions, names: readonly string[]): Versions {
  return Object.fromEntries(names.map((name) => [name, versionOf(versions, name)]));
}

function versionOf(versions: Versions, name: string): string {
  const version = versions[name];
  if (version === undefined) throw new Error(`Expected package.json to have ${name}.`);
  return version;
}

function mapValues<From, To>(values: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]));
}
