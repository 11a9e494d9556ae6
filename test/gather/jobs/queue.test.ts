import { expect, test } from 'vitest';
import { startTestApp } from '../../helpers/app.ts';
import { startTestWorker } from '../../helpers/worker.ts';

const NOT_INSTALLED = 'The job queue is missing or has another version. Run `migrate` first.';

test('a server that was just started enqueues more jobs at once than it has connections', async () => {
  const gather = await startTestApp({ databaseConnections: 3 });
  try {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, x) => gather.query(`mutation { add(x: ${x}, y: 1) { job { state } } }`)),
    );
    for (const { data } of answers) expect(data).toEqual({ add: { job: { state: 'PENDING' } } });
  } finally {
    await gather.close();
  }
});

test('with the queue missing, nothing is enqueued, and the next job is once it is there', async () => {
  const gather = await startTestApp();
  try {
    await gather.database.ask('alter schema gather_jobs rename to hidden');
    const refused = await gather.query('mutation { add(x: 1, y: 1) { job { state } } }');
    expect(refused.errors).toMatchObject([{ message: NOT_INSTALLED, extensions: { code: 'DATABASE_UNAVAILABLE' } }]);
    expect(await gather.database.ask('select from job')).toEqual([]);
    await gather.database.ask('alter schema hidden rename to gather_jobs');
    const { data } = await gather.query('mutation { add(x: 1, y: 1) { job { state } } }');
    expect(data).toEqual({ add: { job: { state: 'PENDING' } } });
  } finally {
    await gather.close();
  }
});

test('with the queue of a task missing, nothing is enqueued, and no worker starts', async () => {
  const gather = await startTestApp();
  try {
    await gather.query('mutation { add(x: 1, y: 1) { job { state } } }');
    await gather.database.ask('truncate job cascade');
    await gather.database.ask(`delete from gather_jobs.job where name = 'add'`);
    await gather.database.ask(`delete from gather_jobs.queue where name = 'add'`);
    const { errors } = await gather.query('mutation { add(x: 1, y: 1) { job { state } } }');
    expect(errors).toMatchObject([{ message: NOT_INSTALLED, extensions: { code: 'DATABASE_UNAVAILABLE' } }]);
    expect(await gather.database.ask('select from job')).toEqual([]);
    await expect(startTestWorker(gather)).rejects.toThrow(NOT_INSTALLED);
  } finally {
    await gather.close();
  }
});
