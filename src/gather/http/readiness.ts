import { toGatherError } from '../database/errors.ts';
import { type MigrationSource, pendingMigrations } from '../database/migrate.ts';
import type { Pools } from '../database/pool.ts';
import { isMasked } from '../errors.ts';
import type { Logger } from '../monitoring/log.ts';
import type { MaskError } from '../monitoring/mask-errors.ts';
import type { ServiceClients } from '../services/create-services.ts';

/** Whether the server can serve. */
export interface Readiness {
  isReady: boolean;
  /** Why not; absent when ready. */
  reason?: string;
  /** The state of each service. A failing service fails its fields; it does not make the server unready. */
  services: ReturnType<ServiceClients['state']>;
}

interface ReadinessSource {
  log: Logger;
  pools: Pools;
  clients: ServiceClients;
  /** Undefined if the application needs none, and the engine is to do without its own. */
  migrations: MigrationSource | undefined;
}

/** Checks whether the database can be reached and is migrated. Takes a few seconds at most. */
export async function checkReadiness(
  { log, pools, clients, migrations }: ReadinessSource,
  maskError: MaskError,
): Promise<Readiness> {
  const services = clients.state();
  try {
    const pending = await (migrations ? pendingMigrations(pools.control, migrations) : reach(pools));
    if (pending.length === 0) return { isReady: true, services };
    return { isReady: false, reason: `Migrations are missing: ${pending.join(', ')}`, services };
  } catch (error) {
    pools.lost?.failed(error);
    const shown = maskError(error);
    if (isMasked(shown)) log.error(error);
    return { isReady: false, reason: shown.message, services };
  }
}

/** Asks the database for nothing. @throws DATABASE_UNAVAILABLE or DATABASE_TIMEOUT */
async function reach({ control }: Pools): Promise<[]> {
  await control.query('select').catch((error) => {
    throw toGatherError(error);
  });
  return [];
}
