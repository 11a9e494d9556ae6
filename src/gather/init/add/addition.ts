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

/** Inserts the text, unless it is there. @returns whether it is */
export async function insert(directory: string, { file, after, text }: Insertion): Promise<boolean> {
  const path = join(directory, file);
  const found = (await readText(path)) ?? '';
  if (found.includes(text)) return true;
  const place = after.exec(found);
  if (!place) return false;
  const at = place.index + place[0].length;
  await writeFile(path, found.slice(0, at) + text + found.slice(at));
  return true;
}
