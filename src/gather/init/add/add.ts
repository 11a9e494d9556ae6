import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isReserved } from '../../codegen/names.ts';
import { isTakenType } from '../../codegen/structure.ts';
import { engineTasks } from '../../engine-tasks.ts';
import { findSdlFaults, validateSdl } from '../../graphql/sdl.ts';
import { STRUCTURE } from '../files.ts';
import { InitError } from '../init-error.ts';
import { readText, writeFiles } from '../write-files.ts';
import { type Addition, insert, withInsertion } from './addition.ts';
import { toMutation } from './mutation.ts';
import { toTask } from './task.ts';
import { toType } from './type.ts';

/** What `gather add` can add, besides services. */
export const PARTS = ['type', 'task', 'mutation'] as const;
export type Part = (typeof PARTS)[number];

/** What became of an addition. */
export interface AddReport {
  /** The files that are new or changed. */
  written: string[];
  /** What a person has to insert where. */
  todo: string[];
  /** What has no place in the project, with the reasons. */
  leftOut: readonly string[];
}

const NAMES = { type: /^[A-Z][A-Za-z0-9]*$/, task: /^[a-z][A-Za-z0-9]*$/, mutation: /^[a-z][A-Za-z0-9]*$/ };
const EXAMPLES = { type: 'Reservation', task: 'remind', mutation: 'lendBook' };
/** Names that the written files use for something else. */
const TAKEN = {
  mutation: ['index', 'runMutation', 'z'],
  task: ['app', 'assert', 'defineTask', 'index', 'test', 'z', ...engineTasks.map(({ name }) => name)],
};
const SDL = 'schema.graphql';

/**
 * Adds a part to the project in a directory: a file, its test, and the lines that name it elsewhere.
 * @throws InitError for a name that the part cannot have or that is taken, and in a directory without a project
 */
export async function addPart(directory: string, part: Part, name: string): Promise<AddReport> {
  if (!NAMES[part].test(name)) throw new InitError(`Expected a name like ${EXAMPLES[part]}, got "${name}".`);
  const isTaken = part === 'type' ? isTakenType(name) : isReserved(name) || TAKEN[part].includes(name);
  if (isTaken) throw new InitError(`Expected another name than ${name}, which means something else in the code.`);
  await assertProject(directory);
  return write(directory, await toAddition(directory, part, name));
}

/** @throws InitError in a directory without a project */
export async function assertProject(directory: string): Promise<void> {
  if ((await readText(join(directory, 'src/index.ts'))) !== undefined) return;
  throw new InitError(`Expected a project of \`gather new\` or \`gather init\` in ${directory}, found none.`);
}

/** Writes an addition. @throws InitError if one of its files or of its names in the SDL is there already */
export async function write(directory: string, { files, insertions }: Addition): Promise<AddReport> {
  for (const file of Object.keys(files)) {
    if ((await readText(join(directory, file))) !== undefined) throw new InitError(`${file} is there already.`);
  }
  await assertFits(directory, insertions);
  const { added } = await writeFiles(directory, {}, files);
  const report: AddReport = { written: added, todo: [], leftOut: [] };
  for (const insertion of insertions) {
    if (await insert(directory, insertion)) report.written.push(insertion.file);
    else report.todo.push(`${insertion.file}:\n${insertion.text}`);
  }
  return report;
}

async function assertFits(directory: string, insertions: Addition['insertions']): Promise<void> {
  const before = (await readText(join(directory, SDL))) ?? '';
  const faults = findSdlFaults(before, SDL);
  if (faults.length > 0) throw new InitError(['The SDL is not valid. Correct it first:', ...faults].join('\n  '));
  const added = insertions.filter(({ file }) => file === SDL);
  const after = added.reduce((text, insertion) => withInsertion(text, insertion) ?? text, before);
  const messages = validateSdl(after).map(({ message }) => message);
  if (messages.length === 0) return;
  throw new InitError([`Expected a name that ${SDL} does not have yet:`, ...messages].join('\n  '));
}

async function toAddition(directory: string, part: Part, name: string): Promise<Addition> {
  if (part === 'mutation') return toMutation(name);
  if (part === 'task') return toTask(name);
  if ((await readText(join(directory, STRUCTURE))) !== undefined) {
    throw new InitError(
      `The tables of this project belong to a database: create one there, and run \`gather init\` again.`,
    );
  }
  const migrations = (await readdir(join(directory, 'src/migrations'))).filter((file) => /^\d+-/.test(file));
  return toType(name, String(migrations.length + 1).padStart(4, '0'));
}
