import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { UploadRow } from '../database/engine-tables.generated.ts';
import { param } from '../database/statement.ts';
import { toColumns, toList } from '../database/table-definition.ts';

/** How long a lease lasts without renewal. */
export const LEASE_MS = 15_000;

/** How long a request for a leased upload counts. It is repeated while somebody waits. */
const WANTED_FOR = '3 seconds';

const leaseEnd = sql`now() + make_interval(secs => ${sql.lit(LEASE_MS / 1000)})`;
const extendedExpiry = sql`least(now() + interval '1 hour', "createdAt" + interval '24 hours')`;

/**
 * Leases an upload to a writer if it is free; otherwise records that it is wanted.
 * @returns undefined if the upload has expired or does not exist
 */
export async function leaseUpload(
  database: Database,
  tokenHash: string,
  writer: string,
): Promise<(UploadRow & { isLeased: boolean }) | undefined> {
  const statement = database.bind(
    'leaseUpload',
    (table) => sql<UploadRow & { isLeased: boolean }>`
      update ${table('gather.upload')} set
        writer = ${ifFree(sql`${param('writer')}::uuid`, sql`writer`)},
        "writerUntil" = ${ifFree(leaseEnd, sql`"writerUntil"`)},
        "expiresAt" = ${ifFree(extendedExpiry, sql`"expiresAt"`)},
        "wantedAt" = ${ifFree(sql`null`, sql`now()`)}
      where "tokenHash" = ${param('tokenHash')} and "expiresAt" > now()
      returning ${toList(toColumns(database.definitions['gather.upload'], undefined))}, coalesce(writer = ${param('writer')}::uuid, false) as "isLeased"`,
    { tokenHash, writer },
  );
  return (await database.run(statement, { name: 'upload.lease' })).rows[0];
}

/**
 * Renews a writer's lease, and extends the expiry of the upload.
 * @returns whether somebody else wants it; undefined if the lease is no longer the writer's
 */
export async function renewLease(
  database: Database,
  tokenHash: string,
  writer: string,
): Promise<{ isWanted: boolean } | undefined> {
  const statement = database.bind(
    'renewLease',
    (table) => sql<{ isWanted: boolean }>`
      update ${table('gather.upload')} set "writerUntil" = ${leaseEnd}, "expiresAt" = ${extendedExpiry}
      where "tokenHash" = ${param('tokenHash')} and writer = ${param('writer')} and "expiresAt" > now()
      returning coalesce("wantedAt" > now() - interval ${sql.lit(WANTED_FOR)}, false) as "isWanted"`,
    { tokenHash, writer },
  );
  return (await database.run(statement, { name: 'upload.renewLease' })).rows[0];
}

function ifFree(then: RawBuilder<unknown>, otherwise: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when writer is null or "writerUntil" < now() then ${then} else ${otherwise} end`;
}
