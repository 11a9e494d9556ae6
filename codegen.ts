import { applicationFiles, runCodegen, withoutDatabase } from 'gather/codegen';
import { engineFiles } from './src/gather/codegen/engine.ts';
import { migrations } from './src/smokehouse/migrations/index.ts';
import { types } from './src/smokehouse/tables.ts';

const smokehouse = applicationFiles({
  out: 'src/smokehouse/generated',
  schema: 'schema.graphql',
  types,
  parents: {
    Home: '../home/Home.ts#HomeParent',
    Promo: './services.ts#Promo as PromoParent',
    Recommendation: './services.ts#RecommendationsRecommendation as RecommendationParent',
    Menu: '../items/Menu.ts#MenuParent',
    PriceStatistics: '../items/Menu.ts#PriceStatisticsParent',
  },
  migrations,
  services: 'services/*.openapi.*',
  documents: 'src/smokehouse/documents/*.graphql',
});

const all = { ...engineFiles, ...smokehouse };
// `npm run dev` passes this unless a migration has changed: a database takes seconds.
const files = process.argv.includes('--without-database') ? withoutDatabase(all) : all;
await runCodegen(files);
