import { gatherVersion } from '../packages.ts';
import type { Command } from './command.ts';
import type { Program } from './program.ts';

const COLUMN = 31;
const SETTINGS = 'Settings are environment variables; docs/settings.md lists all of them.';

/** The list of all commands. */
export function helpOf({ call, commands }: Program): string {
  const lines = Object.entries(commands)
    .filter(([, { isInternal }]) => !isInternal)
    .map(([name, { summary }]) => `  ${name.padEnd(10)} ${summary}`);
  return [`${call} <command> [--help | --version]`, '', ...lines, '', SETTINGS].join('\n');
}

/** The options and settings of one command. */
export function commandHelp(
  { call }: Program,
  name: string,
  { summary, help, options = {}, settings }: Command,
): string {
  const optionLines = Object.entries(options).map(([option, { value, help }]) =>
    toLines(`--${option}${value === undefined ? '' : ` ${value}`}`, help),
  );
  const settingLines = Object.entries(settings).map(([setting, meaning]) => toLines(setting, meaning));
  return [
    `${call} ${name}: ${summary}`,
    ...(help ? [help] : []),
    ...(optionLines.length > 0 ? [optionLines.join('\n')] : []),
    ...(settingLines.length > 0 ? [['Settings:', ...settingLines].join('\n')] : []),
    SETTINGS,
  ].join('\n\n');
}

/** The version of Gather, and of Node. */
export function versionText(): string {
  return `Gather ${gatherVersion()}, Node ${process.versions.node}`;
}

/** A term and its meaning, whose lines are aligned; on a line of its own if it is long. */
function toLines(term: string, meaning: string): string {
  const indent = ' '.repeat(COLUMN);
  const text = meaning.replaceAll('\n', `\n${indent}`);
  const start = `  ${term}`;
  return start.length < COLUMN ? start.padEnd(COLUMN) + text : `${start}\n${indent}${text}`;
}
