import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../errors.ts';
import type { Files } from './files.ts';
import { mergeText } from './merge.ts';

/** What became of the files of a project. Paths are relative to its directory. */
export interface Report {
  added: string[];
  changed: string[];
  removed: string[];
  /** What a person has edited, deleted or put there, and so stays as it is, each with what would be written. */
  kept: string[];
}

/**
 * Writes the files of a project. Files that a person has edited keep their edited lines; files that a person has deleted
 * stay away.
 * @param before the files that were written last; none in a new project
 */
export async function writeFiles(directory: string, before: Files, now: Files): Promise<Report> {
  const report: Report = { added: [], changed: [], removed: [], kept: [] };
  for (const path of new Set([...Object.keys(before), ...Object.keys(now)])) {
    await writeOne(join(directory, path), path, before[path], now[path], report);
  }
  return report;
}

async function writeOne(
  file: string,
  path: string,
  before: string | undefined,
  now: string | undefined,
  report: Report,
): Promise<void> {
  if (before === now) return;
  const found = await readText(file);
  if (now === undefined) {
    if (found === undefined) return;
    if (found !== before)
      return void report.kept.push(`${path}: you have edited it; without that it would be deleted.`);
    await rm(file);
    return void report.removed.push(path);
  }
  if (found === undefined) {
    if (before !== undefined) return void report.kept.push(`${path}: you have deleted it.`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, now);
    return void report.added.push(path);
  }
  if (found === now) return;
  if (before === undefined) return void report.kept.push(`${path}: it was there before.`);
  const { text, kept } = mergeText({ before, now, edited: found });
  for (const { line, now } of kept) {
    const lines = now.map((it) => `\n      ${it}`).join('');
    report.kept.push(`${path}:${line}: you have edited this; it would ${lines === '' ? 'be deleted' : `have${lines}`}`);
  }
  if (text === found) return;
  await writeFile(file, text);
  report.changed.push(path);
}

/** The text of a file; undefined if there is none. */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error as Error) === 'ENOENT') return undefined;
    throw error;
  }
}
