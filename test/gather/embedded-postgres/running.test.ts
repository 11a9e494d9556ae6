import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../../src/gather/embedded-postgres/embedded-postgres.ts';
import { findRunning } from '../../../src/gather/embedded-postgres/running.ts';

test('the embedded PostgreSQL of a directory is found as long as it runs', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'gather-running-'));
  expect(await findRunning(dataDir)).toBeUndefined();
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  const found = await findRunning(dataDir).finally(() => postgres.stop());
  expect(found).toBe(postgres.databaseUrl);
  expect(await findRunning(dataDir)).toBeUndefined();
  await rm(dataDir, { recursive: true });
});
