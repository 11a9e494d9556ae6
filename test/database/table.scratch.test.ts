import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTables } from '../../src/database/tables.ts';
import { createTestDatabase } from '../helpers/database.ts';

test('slow consumer', async () => {
  const db = await createTestDatabase({ statementTimeoutMs: 500 });
  try {
    const { item } = createTables(db.database);
    let n = 0;
    for await (const _ of item.iterate({ batchSize: 50 })) {
      if (n++ % 50 === 0) await sleep(400);
    }
    expect(n).toBe(200);
  } finally {
    await db.drop();
  }
});
