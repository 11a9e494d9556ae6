import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['typescript', 'node', 'graphql', 'kysely', 'zod', '@types/node', '.bin'];

/** Gives a project the packages that `npm install` would fetch: this Gather, and what it has. */
export async function linkPackages(project: string): Promise<void> {
  await link(ROOT, join(project, 'node_modules/gather'));
  for (const name of PACKAGES) await link(join(ROOT, 'node_modules', name), join(project, 'node_modules', name));
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}
