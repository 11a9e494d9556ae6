import { sql } from 'kysely';
import type { JobError } from '../database/schema.ts';
import type { EngineTables } from '../database/tables.ts';
import { UNSETTLED } from './job-rows.ts';
import type { DeliveryData } from './queue.ts';

const LOST: JobError = { code: 'WORKER_LOST', message: 'The worker died during the last attempt. Run the job again.' };

/**
 * Fails a job whose worker died during the last attempt. A job that is settled, or was enqueued again since, is unchanged.
 * @param deliveryId the delivery that the queue gave up
 * @returns whether the job has failed by that
 */
export async function failDeadLetter(
  { job }: EngineTables,
  { jobId }: DeliveryData,
  deliveryId: string,
): Promise<boolean> {
  const count = await job.update(
    { id: jobId, deliveryId, state: { in: UNSETTLED } },
    { state: 'FAILED', error: JSON.stringify(LOST), finishedAt: sql`clock_timestamp()` },
  );
  return count > 0;
}
