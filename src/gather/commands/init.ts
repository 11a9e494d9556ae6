import { resolve } from 'node:path';
import { type Command, MisuseError } from './command.ts';
import { oneDirectory, optionsFor, refusing } from './project.ts';
import { showStep } from './steps.ts';

/** Writes a project over a database of somebody else. It needs no application. */
export const init: Command = {
  summary: 'writes a project over your own database, or brings it up to date with that.',
  help: `  init DIR --database URL     writes package.json, schema.graphql, a short file and a test for each type, README and CI;
                              then installs packages, generates code, checks types and runs the tests

Only reads the database. Run it again after the database has changed: it adds what is new, says what has changed, and
leaves the lines that you have edited as they are.`,
  options: {
    database: { value: 'URL', help: 'the database; by default that of DATABASE_URL' },
    openapi: { value: 'FILE…', help: 'the OpenAPI files of services, 3.0 or 3.1, to add or to replace' },
    schema: { value: 'NAME…', help: 'its schemas, the main one first; by default those of last time, or public' },
  },
  settings: { DATABASE_URL: 'PostgreSQL, 13 or newer' },
  takesArguments: true,

  async run({ DATABASE_URL }, { args, options, lists }) {
    const given = oneDirectory('init', args);
    const databaseUrl = options['database'] ?? DATABASE_URL;
    if (typeof databaseUrl !== 'string') throw new MisuseError('Expected --database URL, or DATABASE_URL.');
    const [first, ...more] = lists?.['schema'] ?? [];
    const schemas = first === undefined ? undefined : ([first, ...more] as const);
    const directory = resolve(given);
    await refusing(async () => {
      // What it needs is only loaded here: it is much.
      const [{ writeProject }, { proveProject }] = await Promise.all([
        import('../init/write-project.ts'),
        import('../init/prove-project.ts'),
      ]);
      const report = await writeProject(
        { ...optionsFor(directory), directory, databaseUrl, schemas, openapi: lists?.['openapi'] ?? [] },
        showStep,
      );
      show('Changed in the database', report.differences);
      show('Left as it is', report.kept);
      show('Left out', report.leftOut);
      await proveProject(directory, showStep);
    });
    console.log(`\nThe project is ready. ${given}/README.md says how to start it.`);
  },
};

function show(title: string, lines: readonly string[]): void {
  if (lines.length > 0) console.log([`  ${title}:`, ...lines.map((line) => `    ${line}`)].join('\n'));
}
