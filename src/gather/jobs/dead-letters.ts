import { sql } from 'kysely';
import type { JobError } from '../database/schema.ts';
import type { EngineTables } from '../database/tables.ts';
import { UNSETTLED } from './job-rows.ts';
import type { DeliveryData } from './queue.ts';

const LOST: JobError = { code: 'WORKER_LOST', message: 'The worker died during the last attempt. Run the job again.' };

/**
 * Settles a job that the queue has given up: its worker died during the last attempt, and nobody has said what became
 * of it. One that is settled, or was enqueued anew since, stays as it is.
 * @param deliveryId what the queue gave up
 */
export async function failDeadLetter(
  { job }: EngineTables,
  { jobId }: DeliveryData,
  deliveryId: string,
): Promise<void> {
  await job.update(
    { id: jobId, deliveryId, state: { in: UNSETTLED } },
    { state: 'FAILED', error: JSON.stringify(LOST), finishedAt: sql`clock_timestamp()` },
  );
}
