import { expect, test } from 'vitest';
import { startTestApp } from '../helpers/app.ts';

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
    await gather.database.ask('alter schema pgboss rename to hidden');
    const refused = await gather.query('mutation { add(x: 1, y: 1) { job { state } } }');
    expect(refused.errors).toHaveLength(1);
    expect(await gather.database.ask('select from job')).toEqual([]);
    await gather.database.ask('alter schema hidden rename to pgboss');
    const { data } = await gather.query('mutation { add(x: 1, y: 1) { job { state } } }');
    expect(data).toEqual({ add: { job: { state: 'PENDING' } } });
  } finally {
    await gather.close();
  }
});
