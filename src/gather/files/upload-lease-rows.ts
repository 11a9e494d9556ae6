import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/database.ts';
import type { UploadRow } from '../database/engine-tables.generated.ts';
import { param } from '../database/statement.ts';
import { toColumns, toList } from '../database/table-definition.ts';

/** How long an upload stays with a writer that is not heard of any more, in milliseconds. */
export const LEASE_MS = 15_000;

/** A wish is repeated as long as there is somebody who has it. */
const WISH = '3 seconds';

const leaseEnd = sql`now() + make_interval(secs => ${sql.lit(LEASE_MS / 1000)})`;
const putOff = sql`least(now() + interval '1 hour', "createdAt" + interval '24 hours')`;

/**
 * Gives an upload to a writer, if nobody else has it; if somebody has, notes that it is wanted.
 * @returns undefined where the upload has expired, or is not there
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
        "expiresAt" = ${ifFree(putOff, sql`"expiresAt"`)},
        "wantedAt" = ${ifFree(sql`null`, sql`now()`)}
      where "tokenHash" = ${param('tokenHash')} and "expiresAt" > now()
      returning ${toList(toColumns(database.definitions['gather.upload'], undefined))}, coalesce(writer = ${param('writer')}::uuid, false) as "isLeased"`,
    { tokenHash, writer },
  );
  return (await database.run(statement, { name: 'upload.lease' })).rows[0];
}

/**
 * Keeps an upload with its writer for longer, and puts off its expiry.
 * @returns whether somebody else wants it; undefined where it is not the writer's any more
 */
export async function renewLease(
  database: Database,
  tokenHash: string,
  writer: string,
): Promise<{ isWanted: boolean } | undefined> {
  const statement = database.bind(
    'renewLease',
    (table) => sql<{ isWanted: boolean }>`
      update ${table('gather.upload')} set "writerUntil" = ${leaseEnd}, "expiresAt" = ${putOff}
      where "tokenHash" = ${param('tokenHash')} and writer = ${param('writer')} and "expiresAt" > now()
      returning coalesce("wantedAt" > now() - interval ${sql.lit(WISH)}, false) as "isWanted"`,
    { tokenHash, writer },
  );
  return (await database.run(statement, { name: 'upload.renewLease' })).rows[0];
}

function ifFree(then: RawBuilder<unknown>, otherwise: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`case when writer is null or "writerUntil" < now() then ${then} else ${otherwise} end`;
}
