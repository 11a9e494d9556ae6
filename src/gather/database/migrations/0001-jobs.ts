import { sql } from 'kysely';
import { type EngineMigration, jobChannel } from '../schemas.ts';

/**
 * Jobs, and their changes in order. Triggers maintain both: each change increments the version, adds a row to "jobChange",
 * and notifies the channel of `jobChannel` with the job's id as payload.
 */
export const createJobs: EngineMigration = (schema) => async (database) => {
  const [job, jobChange] = [sql.id(schema, 'job'), sql.id(schema, 'jobChange')];
  const [growVersion, noteChanges] = [sql.id(schema, 'job_grow_version'), sql.id(schema, 'job_note_changes')];
  await sql`
    create table ${job} (
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
      "queuedFor" text not null default '',
      turn integer not null default 0,
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
    create unique index "job_uniqueKey_key" on ${job} (task, "uniqueKey") where state in ('PENDING', 'RUNNING', 'RETRYING');
    create index "job_queuedFor_idx" on ${job} ("queuedFor", task, turn) where state in ('PENDING', 'RUNNING', 'RETRYING');
    create index job_turn_idx on ${job} (task, state, turn) where state in ('PENDING', 'RUNNING', 'RETRYING');
    create index job_owner_idx on ${job} (owner, id);
    create index job_task_idx on ${job} (task, id);
    create index job_state_idx on ${job} (state, id);
    create index job_schedule_idx on ${job} (schedule, id);
    create index "job_createdAt_idx" on ${job} ("createdAt", id);
    create index "job_finishedAt_idx" on ${job} ("finishedAt");

    create table ${jobChange} (
      "jobId" bigint not null references ${job} (id) on delete cascade,
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

    create function ${growVersion}() returns trigger language plpgsql as $$
    begin
      new.version := old.version + 1;
      return new;
    end $$;

    create function ${noteChanges}() returns trigger language plpgsql as $$
    begin
      insert into ${jobChange} ("jobId", version, state, progress, message, error, attempt, "startedAt", "finishedAt")
        select id, version, state, progress, message, error, attempt, "startedAt", "finishedAt" from changed;
      perform pg_notify(${sql.lit(jobChannel(schema))}, id::text) from changed;
      return null;
    end $$;

    create trigger job_grow_version before update on ${job} for each row execute function ${growVersion}();
    create trigger job_note_insert after insert on ${job} referencing new table as changed
      for each statement execute function ${noteChanges}();
    create trigger job_note_update after update on ${job} referencing new table as changed
      for each statement execute function ${noteChanges}();
  `.execute(database);
};
