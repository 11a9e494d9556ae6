import { fileURLToPath } from 'node:url';
import { applicationFiles, runCodegen } from 'gather/codegen';
import { migrations } from './library/migrations/index.ts';
import { types } from './library/types.ts';

const library = fileURLToPath(new URL('./library', import.meta.url));

const files = applicationFiles({
  out: `${library}/generated`,
  schema: `${library}/schema.graphql`,
  types,
  parents: {
    Front: '../front/Front.ts#FrontParent',
    PickOfTheDay: './services.ts#RatingsPick as PickOfTheDayParent',
    Arrival: './services.ts#ShelvesArrival as ArrivalParent',
    Catalogue: '../catalogue/Catalogue.ts#CatalogueParent',
    PriceStatistics: '../catalogue/Catalogue.ts#PriceStatisticsParent',
  },
  documents: `${library}/documents/*.graphql`,
  migrations,
  schemas: ['public', 'lending'],
  services: `${library}/services/*.openapi.yaml`,
});

await runCodegen(files);
