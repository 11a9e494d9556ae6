import { type Kysely, sql } from 'kysely';

/**
 * Jobs, and each change of theirs in the order in which it happened. Triggers keep both right whoever writes: a change
 * grows the version, is noted in "jobChange", and is told on the channel `gather_job`, with the job's id as payload.
 */
export async function up(database: Kysely<unknown>): Promise<void> {
  await sql`
    create table job (
      id bigint generated always as identity primary key,
      task text not null,
      owner text,
      state text not null default 'PENDING',
      progress double precision not null default 0,
      message text,
      input jsonb not null,
      result jsonb,
      error jsonb,
      attempt integer not null default 0,
      "deliveryId" uuid not null,
      "uniqueKey" text,
      schedule text,
      "scheduledAt" timestamptz,
      version integer not null default 1,
      "createdAt" timestamptz not null default now(),
      "startedAt" timestamptz,
      "finishedAt" timestamptz,
      constraint job_state_check check (state in ('PENDING', 'RUNNING', 'RETRYING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
      constraint job_progress_check check (progress between 0 and 1),
      constraint "job_scheduledAt_key" unique (schedule, "scheduledAt")
    );
    create unique index "job_uniqueKey_key" on job (task, "uniqueKey") where state in ('PENDING', 'RUNNING', 'RETRYING');
    create index job_task_idx on job (task, id);
    create index job_state_idx on job (state, id);
    create index job_schedule_idx on job (schedule, id);
    create index "job_createdAt_idx" on job ("createdAt", id);
    create index "job_finishedAt_idx" on job ("finishedAt");

    create table "jobChange" (
      "jobId" bigint not null references job (id) on delete cascade,
      version integer not null,
      state text not null,
      progress double precision not null,
      message text,
      error jsonb,
      attempt integer not null,
      "startedAt" timestamptz,
      "finishedAt" timestamptz,
      "notedAt" timestamptz not null default clock_timestamp(),
      primary key ("jobId", version)
    );

    create function job_grow_version() returns trigger language plpgsql as $$
    begin
      new.version := old.version + 1;
      return new;
    end $$;

    create function job_note_change() returns trigger language plpgsql as $$
    begin
      insert into "jobChange" ("jobId", version, state, progress, message, error, attempt, "startedAt", "finishedAt")
      values (new.id, new.version, new.state, new.progress, new.message, new.error, new.attempt, new."startedAt", new."finishedAt");
      perform pg_notify('gather_job', new.id::text);
      return null;
    end $$;

    create trigger job_grow_version before update on job for each row execute function job_grow_version();
    create trigger job_note_change after insert or update on job for each row execute function job_note_change();
  `.execute(database);
}
