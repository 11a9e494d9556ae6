import { parseArgs } from 'node:util';
import { type Command, type Given, MisuseError } from './command.ts';

const MOST = 1000;

/**
 * Reads what follows the name of a command.
 * @throws MisuseError for an unknown option, a missing or needless value, or an argument too many
 */
export function parseArguments(name: string, command: Command, args: readonly string[]): Given {
  const known = command.options ?? {};
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(known).map(([option, { value }]) => [
        option,
        { type: value === undefined ? 'boolean' : 'string' },
      ]),
    ),
    strict: false,
    tokens: true,
  });
  const options: Record<string, string | true> = {};
  const lists: Record<string, string[]> = {};
  const positionals: string[] = [];
  // The list that values are added to: what follows `--openapi` up to the next option.
  let list = positionals;
  for (const token of tokens) {
    if (token.kind === 'positional') list.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
    if (!option) throw new MisuseError(unknownOption(name, command, token));
    if (option.value === undefined && token.value !== undefined) {
      throw new MisuseError(`${token.rawName} takes no value, got "${token.value}".`);
    }
    if (option.value !== undefined && token.value === undefined) {
      throw new MisuseError(`${token.rawName} expects a value: ${token.rawName} ${option.value}.`);
    }
    list = positionals;
    if (option.value?.endsWith('…')) {
      list = lists[token.name] ??= [];
      list.push(String(token.value));
      continue;
    }
    if (token.name in options) throw new MisuseError(`${token.rawName} is given twice.`);
    options[token.name] = token.value ?? true;
  }
  if (!command.takesArguments && positionals.length > 0) {
    throw new MisuseError(`${name} takes no arguments, got "${positionals.join(' ')}".`);
  }
  return { options, lists, args: positionals };
}

function unknownOption(name: string, { options = {}, settings }: Command, option: { name: string; rawName: string }) {
  const setting = option.name.toUpperCase().replaceAll('-', '_');
  const isSetting = Object.keys(settings).some((names) => names.split(/[ =]/).includes(setting));
  if (isSetting)
    return `${name} has no option ${option.rawName}; ${setting} is a setting: ${setting}=… before the command.`;
  const names = [...Object.keys(options), 'help'].map((it) => `--${it}`);
  return `${name} has no option ${option.rawName}. It has ${names.join(', ')}.`;
}

/** @throws MisuseError if it is not a whole number from 1 to 1,000 */
export function toWholeNumber<Default>(
  name: string,
  text: string | true | undefined,
  byDefault: Default,
): number | Default {
  if (text === undefined) return byDefault;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MOST) return number;
  throw new MisuseError(`Expected a whole number from 1 to ${MOST} after ${name}, got "${text}".`);
}
