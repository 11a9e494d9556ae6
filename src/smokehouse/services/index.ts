import { inventory } from './inventory.ts';
import { pricing } from './pricing.ts';
import { promo } from './promo.ts';
import { recommendations } from './recommendations.ts';
import { suppliers } from './suppliers.ts';

/** The services of services.openapi.yaml. */
export const services = { promo, recommendations, pricing, inventory, suppliers };
