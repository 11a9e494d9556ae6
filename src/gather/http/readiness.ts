import { type MigrationSource, pendingMigrations } from '../database/migrate.ts';
import type { Pools } from '../database/pool.ts';
import type { MaskError } from '../monitoring/mask-errors.ts';
import type { ServiceClients } from '../services/define-service.ts';

/** Whether the server can serve. */
export interface Readiness {
  isReady: boolean;
  /** Why not; absent when ready. */
  reason?: string;
  /** The state of each service. A failing service fails its fields; it does not make the server unready. */
  services: ReturnType<ServiceClients['state']>;
}

interface ReadinessSource {
  pools: Pools;
  clients: ServiceClients;
  migrations: MigrationSource;
}

/** Checks whether the database can be reached and is migrated. Takes a few seconds at most. */
export async function checkReadiness(
  { pools, clients, migrations }: ReadinessSource,
  maskError: MaskError,
): Promise<Readiness> {
  const services = clients.state();
  try {
    const pending = await pendingMigrations(pools.control, migrations);
    if (pending.length === 0) return { isReady: true, services };
    return { isReady: false, reason: `Migrations are missing: ${pending.join(', ')}`, services };
  } catch (error) {
    return { isReady: false, reason: maskError(error).message, services };
  }
}
