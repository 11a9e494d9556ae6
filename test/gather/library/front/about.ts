import { readFile } from 'node:fs/promises';
import { call } from 'gather';
import type { QueryResolvers } from '../generated/schema.ts';

const FILE = new URL('about.json', import.meta.url);

/** What the library says of itself, read from the disk anew at each call. */
export const about: NonNullable<QueryResolvers['about']> = (_, __, { signal }) =>
  call({ kind: 'disk', name: 'about', keys: 1, signal }, async () =>
    JSON.parse(await readFile(FILE, { encoding: 'utf8', signal })),
  );
