import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobRow } from '../src/gather/database/engine-tables.generated.ts';
import { UNSETTLED } from '../src/gather/jobs/job-rows.ts';
import { JobBoard } from '../test/helpers/job-board.ts';
import type { Program } from '../test/helpers/program.ts';
import { RestartablePostgres } from '../test/helpers/restartable-postgres.ts';
import { deafNap, nap, napTasks, onlyNap } from '../test/helpers/tasks.ts';

/**
 * Kills, freezes and stops workers and restarts PostgreSQL while jobs run, with the intervals of production. Every job must
 * settle, its state must agree with what ran, and settled jobs must not change.
 */
const JOBS = 200;
const WORKERS = 4;
const SUPERVISE_SECONDS = 5;
const MAX_LOST_SECONDS = 30;
const DEADLINE_MS = 175_000;
/** Longer than the heartbeat interval and the time to detect its loss. */
const FROZEN_MS = 22_000;
const AFTERWARDS_MS = 8000;

const start = performance.now();
const deadline = setTimeout(() => {
  console.error(`Not done within ${DEADLINE_MS / 1000} s.`);
  process.exit(1);
}, DEADLINE_MS);

await using stack = new AsyncDisposableStack();
stack.defer(() => clearTimeout(deadline));
const postgres = await RestartablePostgres.start();
stack.defer(() => postgres.stop());
const board = stack.use(await JobBoard.open({ databaseUrl: postgres.databaseUrl, tasks: napTasks }));

const lost = await startWorker();
const last = await board.enqueue(onlyNap, { key: 'last', napsMs: [60_000] });
await board.untilAttempts('last', 1);
const workers = await Promise.all(Array.from({ length: WORKERS }, startWorker));
await Promise.all(Array.from({ length: JOBS }, (_, index) => enqueue(index)));
say(`${JOBS} jobs are enqueued, ${WORKERS} workers run`);

lost.kill('SIGKILL');
const killedAt = performance.now();
const lostSeconds = board.until(last.id, 'FAILED', 60_000).then(() => (performance.now() - killedAt) / 1000);
lostSeconds.catch(() => {});
say('killed the worker of a job during its last attempt');

await sleep(3000);
const [killed, frozen, ended, crashed] = workers as [Program, Program, Program, Program];
killed.kill('SIGKILL');
await startWorker();
say('killed a worker, started another');
frozen.kill('SIGSTOP');
const frozenAt = performance.now();
say('froze a worker');
await sleep(5000);
await postgres.restart('SIGINT');
say('restarted PostgreSQL (fast)');
await sleep(Math.max(0, frozenAt + FROZEN_MS - performance.now()));
frozen.kill('SIGCONT');
say('thawed the worker');
await sleep(2000);
ended.kill('SIGTERM');
await startWorker();
say('asked a worker to end, started another');
await sleep(3000);
await postgres.restart('SIGQUIT');
say('restarted PostgreSQL (immediate)');
crashed.kill('SIGKILL');
say('killed a worker');
assert.equal((await ended.exit()).code, 0, 'A worker that is asked to end must end well.');

const settled = await untilSettled();
say('every job is settled');
const faults = [...settled.flatMap(faultOf), ...(await findUndelivered())];
await sleep(AFTERWARDS_MS);
assert.deepEqual(await readAll(), settled, 'A settled job must not change.');

const seconds = await lostSeconds;
if (seconds > MAX_LOST_SECONDS) faults.push(`The job of a dead worker failed after ${seconds.toFixed(1)} s.`);
const count = (state: string) => settled.filter((job) => job.state === state).length;
const again = settled.filter(({ attempt }) => attempt > 1).length;
console.log(
  `${settled.length} jobs: ${count('SUCCEEDED')} succeeded, ${count('FAILED')} failed, ${again} ran more than once;` +
    ` one whose worker died in the last attempt failed after ${seconds.toFixed(1)} s (at most ${MAX_LOST_SECONDS})`,
);
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;

function enqueue(index: number): Promise<JobRow> {
  const task = index % 5 === 0 ? onlyNap : index % 5 === 1 ? deafNap : nap;
  const napMs = 1000 + ((index * 977) % 6000);
  return board.enqueue(task, { key: `${index}`, napsMs: [napMs, napMs, napMs] });
}

async function untilSettled(): Promise<JobRow[]> {
  while (true) {
    const jobs = await readAll().catch(() => []);
    const isOpen = ({ state }: JobRow) => UNSETTLED.some((unsettled) => unsettled === state);
    if (jobs.length > 0 && !jobs.some(isOpen)) return jobs;
    await sleep(200);
  }
}

function readAll(): Promise<JobRow[]> {
  return board.ask<JobRow>('select * from gather.job order by id');
}

/** Faults of a settled job: the result of another attempt than the last, or a failure without a reason. */
function faultOf({ id, task, state, attempt, result, error, finishedAt }: JobRow): string[] {
  const attempts = napTasks.find(({ name }) => name === task)?.attempts ?? 0;
  const isRight =
    state === 'SUCCEEDED'
      ? result === attempt && error === null
      : state === 'FAILED' && attempt >= attempts && result === null && error !== null;
  return isRight && finishedAt !== null ? [] : [`Job ${id} (${task}) is ${state} after ${attempt}: ${result}`];
}

/** Waits until the queue is empty. @returns faults: jobs that succeeded without a run */
async function findUndelivered(): Promise<string[]> {
  const open = `select name from gather_jobs.job where name = any($1) and state < 'completed'`;
  const names = napTasks.map(({ name }) => name);
  while ((await board.ask(open, [names])).length > 0) await sleep(200);
  const idle = await board.ask<{ id: string }>(`
    select id from gather.job where state = 'SUCCEEDED'
      and not exists (select from "testAttempt" where key = input->>'key' and "testAttempt".attempt = job.attempt)`);
  return idle.map(({ id }) => `Job ${id} has succeeded and has not run.`);
}

function startWorker(): Promise<Program> {
  return board.startProgram(SUPERVISE_SECONDS);
}

function say(text: string): void {
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(6)} s  ${text}`);
}
