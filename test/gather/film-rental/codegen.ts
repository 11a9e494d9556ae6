import { fileURLToPath } from 'node:url';
import { applicationFiles, runCodegen } from 'gather/codegen';
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

await runCodegen(filmRental);
