import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Files } from '../files.ts';
import { readText } from '../write-files.ts';

/** What is added to a project. */
export interface Addition {
  /** New files, by path. */
  files: Files;
  insertions: readonly Insertion[];
}

/** A line or more to insert in a file of the project, after a place that every project has. */
export interface Insertion {
  file: string;
  after: RegExp;
  text: string;
}

/** The end of a file. */
export const END = /$/;

/** Inserts the text in its file, unless it is there. @returns whether it is */
export async function insert(directory: string, insertion: Insertion): Promise<boolean> {
  const path = join(directory, insertion.file);
  const found = (await readText(path)) ?? '';
  if (found.includes(insertion.text)) return true;
  const changed = withInsertion(found, insertion);
  if (changed === undefined) return false;
  await writeFile(path, changed);
  return true;
}

/** A file with the inserted text; undefined if it has no place for it. */
export function withInsertion(found: string, { after, text }: Insertion): string | undefined {
  const place = after.exec(found);
  if (!place) return undefined;
  const at = place.index + place[0].length;
  return found.slice(0, at) + text + found.slice(at);
}
