import { services } from '../../src/smokehouse/example-services/index.ts';
import { smokehouse } from '../../src/smokehouse/index.ts';
import { seed } from '../../src/smokehouse/seed/seed.ts';
import type { Fixture } from '../helpers/fixture.ts';

const DELAY_MS = 10;
const SUPPLIERS_DELAY_MS = 50;

/** The Smokehouse with 200 items, and its example services with short delays. */
export const fixture: Fixture = {
  app: smokehouse,
  seed: (databaseUrl) => seed(databaseUrl, { size: 'test' }),
  services: {
    promo: { answer: services.promo, delayMs: DELAY_MS },
    recommendations: { answer: services.recommendations, delayMs: DELAY_MS },
    pricing: { answer: services.pricing, delayMs: DELAY_MS },
    inventory: { answer: services.inventory, delayMs: DELAY_MS },
    suppliers: { answer: services.suppliers, delayMs: SUPPLIERS_DELAY_MS },
  },
  settings: { ABOUT_FILE: undefined },
};
