import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Id, Json } from '../../src/gather/database/column-types.ts';
import { Database, raw } from '../../src/gather/database/database.ts';
import type { JobRow } from '../../src/gather/database/engine-tables.generated.ts';
import { createPools, endPools } from '../../src/gather/database/pool.ts';
import type { JobState } from '../../src/gather/database/schema.ts';
import { engineTables } from '../../src/gather/database/tables.ts';
import { GatherError } from '../../src/gather/errors.ts';
import { installQueues } from '../../src/gather/jobs/install.ts';
import { JobNotifications } from '../../src/gather/jobs/job-notifications.ts';
import { Jobs } from '../../src/gather/jobs/jobs.ts';
import { Queue } from '../../src/gather/jobs/queue.ts';
import type { RunnableTask, Task } from '../../src/gather/jobs/task.ts';
import { TEST_SCHEMAS, TEST_TABLES } from './database.ts';
import { Program } from './program.ts';
import { ATTEMPTS } from './tasks.ts';

const PROGRAM = fileURLToPath(new URL('./worker-program.ts', import.meta.url));
const POLL_MS = 20;

interface JobBoardOptions {
  /** A migrated database. */
  databaseUrl: string;
  tasks: readonly RunnableTask[];
  /** After which a silent worker is taken for dead. @default the real ones */
  heartbeatSeconds?: number;
}

/** Enqueues jobs for tests and watches them, as a server does. Disposing of it ends its workers. */
export class JobBoard implements AsyncDisposable {
  readonly jobs: Jobs;
  readonly database: Database;
  readonly queue: Queue;
  readonly notifications: JobNotifications;
  readonly #databaseUrl: string;
  readonly #stack = new AsyncDisposableStack();

  private constructor(databaseUrl: string) {
    this.#databaseUrl = databaseUrl;
    const pools = createPools({
      ...TEST_TABLES,
      databaseUrl,
      poolSize: 5,
      connectTimeoutMs: 5000,
      statementTimeoutMs: 10_000,
    });
    this.database = new Database(pools, new AbortController().signal);
    this.queue = new Queue(pools);
    this.notifications = new JobNotifications(databaseUrl, 'gather_job', 1000);
    this.jobs = new Jobs(this.queue, this.notifications);
    this.#stack.defer(() => endPools(pools));
    this.#stack.defer(() => this.notifications.close());
    this.#stack.defer(() => this.queue.close());
  }

  static async open({ databaseUrl, tasks, heartbeatSeconds }: JobBoardOptions): Promise<JobBoard> {
    await installQueues(databaseUrl, { ...TEST_SCHEMAS, tasks, schedules: [] });
    const board = new JobBoard(databaseUrl);
    await board.ask(ATTEMPTS);
    if (heartbeatSeconds) {
      await board.ask('update gather_jobs.queue set heartbeat_seconds = $1 where heartbeat_seconds is not null', [
        heartbeatSeconds,
      ]);
    }
    return board;
  }

  enqueue<Input, Result extends Json>(task: Task<Input, Result>, input: Input): Promise<JobRow> {
    return this.jobs.enqueue(task, input, { database: this.database });
  }

  get(id: Id): Promise<JobRow> {
    return engineTables(this.database).job.get({ id });
  }

  /** Waits for a state, also while PostgreSQL is away. @throws where the job does not come to it */
  async until(id: Id, state: JobState, timeoutMs = 30_000): Promise<JobRow> {
    const deadline = performance.now() + timeoutMs;
    while (true) {
      const job = await this.get(id).catch((error: GatherError) => error);
      if (!(job instanceof GatherError) && job.state === state) return job;
      if (performance.now() > deadline) throw new Error(`The job is not ${state}: ${JSON.stringify(job)}`);
      await sleep(POLL_MS);
    }
  }

  /** The numbers of the attempts that were begun with this key, in their order. */
  async attempts(key: string): Promise<number[]> {
    const rows = await this.ask<{ attempt: number }>('select attempt from "testAttempt" where key = $1 order by id', [
      key,
    ]);
    return rows.map(({ attempt }) => attempt);
  }

  /** Waits until an attempt with this key has begun its nap. */
  async untilAttempts(key: string, count: number): Promise<void> {
    const deadline = performance.now() + 30_000;
    while ((await this.attempts(key)).length < count) {
      if (performance.now() > deadline) throw new Error(`There are not ${count} attempts with the key ${key}.`);
      await sleep(POLL_MS);
    }
  }

  async ask<Row>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.database.run(raw<Row>(text, values), { name: 'test' })).rows;
  }

  /** Starts a worker in a process of its own, which runs the tasks of `tasks.ts`, and waits until it is ready. */
  async startProgram(superviseSeconds = 1): Promise<Program> {
    const { TEST_FIXTURE = '' } = process.env;
    const env = { DATABASE_URL: this.#databaseUrl, SUPERVISE_SECONDS: `${superviseSeconds}`, TEST_FIXTURE };
    const program = this.#stack.use(new Program(process.execPath, [PROGRAM], env));
    await program.said(/The worker is ready/);
    return program;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
