import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { MisuseError } from './command.ts';

const MOST = 1000;

/** The options and the other arguments of a command. @throws MisuseError */
export function parseOptions<const Options extends ParseArgsOptionsConfig>(args: readonly string[], options: Options) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new MisuseError((error as Error).message);
  }
}

/** @throws MisuseError if it is not a whole number from 1 to 1,000 */
export function toWholeNumber<Default>(name: string, text: string | undefined, byDefault: Default): number | Default {
  if (text === undefined) return byDefault;
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MOST) return number;
  throw new MisuseError(`Expected a whole number from 1 to ${MOST} after ${name}, got "${text}".`);
}
