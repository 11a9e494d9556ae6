import { type Kysely, sql } from 'kysely';

/** Whose turn each job takes, and which, so that those who enqueue many do not keep others waiting. */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    alter table job add column "queuedFor" text not null default '', add column turn integer not null default 0;
    create index "job_queuedFor_idx" on job ("queuedFor", task, turn) where state in ('PENDING', 'RUNNING', 'RETRYING');
    create index job_turn_idx on job (task, state, turn) where state in ('PENDING', 'RUNNING', 'RETRYING');
  `.execute(database);
}
