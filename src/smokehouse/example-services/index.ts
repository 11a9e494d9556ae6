import type { ExamplesOptions, RunningExamples } from 'gather';
import { inventory } from './inventory.ts';
import { type Listening, listen } from './listen.ts';
import { pricing } from './pricing.ts';
import { promo } from './promo.ts';
import { recommendations } from './recommendations.ts';
import type { Service } from './service.ts';
import { suppliers } from './suppliers.ts';

/** The five services of the OpenAPI files with data of their own, by name. */
export const services = { promo, recommendations, pricing, inventory, suppliers } satisfies Record<string, Service>;

/** The name of an example service. */
export type ServiceName = keyof typeof services;

const SERVICE_NAMES = Object.keys(services) as ServiceName[];

/** Starts the services. If one cannot listen, stops the others and rejects. */
export async function startExampleServices(options: ExamplesOptions = {}): Promise<RunningExamples> {
  const { firstPort = 0, host = '127.0.0.1', names = SERVICE_NAMES } = options;
  const started = new Map<string, Listening>();
  const close = async () => {
    await Promise.all([...started.values()].map((listening) => listening.close()));
  };
  try {
    for (const name of SERVICE_NAMES.filter((it) => names.includes(it))) {
      started.set(name, await listen(services[name], firstPort && firstPort + started.size, host));
    }
  } catch (error) {
    await close();
    throw error;
  }
  const promoUrl = started.get('promo')?.url;
  return {
    urls: Object.fromEntries([...started].map(([name, { url }]) => [name, url])),
    fetchable: promoUrl && `${promoUrl}/promo`,
    close,
  };
}
