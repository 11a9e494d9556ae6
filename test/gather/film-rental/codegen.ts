import { fileURLToPath } from 'node:url';
import { applicationFiles, writeGenerated } from 'gather/codegen';
import { migrations } from './migrations.ts';
import { types } from './types.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

const filmRental = applicationFiles({
  out: `${here}generated`,
  schema: `${here}schema.graphql`,
  types,
  migrations,
  schemas: ['public', 'accounting'],
  keys: { 'public.film_list': ['film_id'] },
});

const stale = await writeGenerated(filmRental, { isCheck: process.argv.includes('--check') });
for (const file of stale) console.error(`${file} is stale. Run \`npm run codegen\`.`);
if (stale.length > 0) process.exitCode = 1;
