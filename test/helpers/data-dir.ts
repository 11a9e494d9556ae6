import { cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory for a PostgreSQL of a test's own, which `initdb` need not set up. Remove it. */
export async function copyDataDir(template: string): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gather-test-'));
  await cp(template, dataDir, { recursive: true });
  return dataDir;
}
