import { Upstream, type UpstreamState } from '../../gather/services/upstream.ts';
import { createInventory, type Inventory } from './inventory.ts';
import { createPricing, type Pricing } from './pricing.ts';
import { createPromo, type PromoService } from './promo.ts';
import { createRecommendations, type Recommendations } from './recommendations.ts';
import { createSuppliers, type Suppliers } from './suppliers.ts';

const NAMES = ['promo', 'recommendations', 'pricing', 'inventory', 'suppliers'] as const;

/** The services of services.openapi.yaml. */
export type UpstreamName = (typeof NAMES)[number];

/** Where a service is, and how long one call to it may take. */
export interface UpstreamConfig {
  /** Base URL; may have a path. */
  url: string;
  /** For a whole call, retries included. @default 2000, for suppliers 5000 */
  timeoutMs?: number;
}

/** Every service that Gather reads. */
export interface Upstreams {
  promo: PromoService;
  recommendations: Recommendations;
  pricing: Pricing;
  inventory: Inventory;
  suppliers: Suppliers;
  /** What each service is busy with now. */
  state(): Record<UpstreamName, UpstreamState>;
  /** Closes every connection. Calls under way fail. */
  close(): Promise<void>;
}

/**
 * How many calls run and wait at once. A supplier holds its connection for about a second, so that fifty pages of
 * ten quotes need 500 connections; the others answer in a fraction of that.
 */
const CAPACITY = { connections: 64, maxQueued: 512, timeoutMs: 2000 };
const SUPPLIERS_CAPACITY = { connections: 512, maxQueued: 512, timeoutMs: 5000 };

/** Connects to the services; the first connection is opened by the first call. End with `close()`. */
export function createUpstreams(config: Record<UpstreamName, UpstreamConfig>): Upstreams {
  const open = (name: UpstreamName, { timeoutMs, ...capacity }: typeof CAPACITY) =>
    new Upstream({ name, baseUrl: config[name].url, timeoutMs: config[name].timeoutMs ?? timeoutMs, ...capacity });
  const upstreams = {
    promo: open('promo', CAPACITY),
    recommendations: open('recommendations', CAPACITY),
    pricing: open('pricing', CAPACITY),
    inventory: open('inventory', CAPACITY),
    suppliers: open('suppliers', SUPPLIERS_CAPACITY),
  };
  return {
    promo: createPromo(upstreams.promo),
    recommendations: createRecommendations(upstreams.recommendations),
    pricing: createPricing(upstreams.pricing),
    inventory: createInventory(upstreams.inventory),
    suppliers: createSuppliers(upstreams.suppliers),
    state: () => ({
      promo: upstreams.promo.state(),
      recommendations: upstreams.recommendations.state(),
      pricing: upstreams.pricing.state(),
      inventory: upstreams.inventory.state(),
      suppliers: upstreams.suppliers.state(),
    }),
    close: async () => {
      await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()));
    },
  };
}
