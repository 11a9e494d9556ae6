import { pluralize, singularize } from 'inflection';
import { toAscii, withoutMarks } from '../ascii.ts';

const WORD = /\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{N}]+|\p{Lu}+|\p{N}+|[\p{Lo}\p{Lm}]+/gu;
const CAMEL = /^[a-z][A-Za-z0-9]*$/;
const SECRET =
  /(^|_)(pass(word|wd|phrase|code)?|pwd|pin|salt|secrets?|tokens?|otp|totp|mfa|hash|cvv|cvc|ssn|iban)(_|$)|(api|private|secret|access|signing|encryption)_?keys?|credentials?|(card|account|passport|social_security)_?(number|no)($|_)/;

/** https://tc39.es/ecma262/#prod-ReservedWord, and what modules reserve besides. */
const RESERVED =
  /^(arguments|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|eval|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|undefined|var|void|while|with|yield)$/;

/** Whether a constant cannot have this name. */
export function isReserved(name: string): boolean {
  return RESERVED.test(name);
}

/** The words of a name: `film_actor`, `FilmActor` and `Film Actor` are all `film` and `actor`. */
function wordsOf(name: string): string[] {
  // Upper case first: ß is two letters there.
  return (withoutMarks(name).match(WORD) ?? []).map((word) => word.toUpperCase().toLowerCase());
}

/** The name of a field: `release_year` becomes `releaseYear`. */
export function toFieldName(name: string): string {
  if (CAMEL.test(name)) return name;
  const [first = '', ...others] = wordsOf(name).map(toAscii);
  return toIdentifier(first + others.map(capitalise).join(''), 'x');
}

/** The name of a type, in the singular: `film_actors` becomes `FilmActor`. */
export function toTypeName(name: string): string {
  const words = wordsOf(name).map(toAscii);
  const last = words.at(-1);
  if (last !== undefined) words[words.length - 1] = singularize(last);
  return toIdentifier(words.map(capitalise).join(''), 'X');
}

/** The name of a list of these: `FilmActor` becomes `filmActors`. */
export function toListName(type: string): string {
  const words = wordsOf(type);
  const last = words.at(-1);
  if (last !== undefined) words[words.length - 1] = pluralize(last);
  return toFieldName(words.join('_'));
}

/** Whether a column's values are most likely not for clients, by its name. */
export function looksSecret(name: string): boolean {
  return SECRET.test(wordsOf(name).join('_'));
}

/** The first of these names that is not taken, or the last one with a number; takes it. */
export function takeName(taken: Set<string>, ...names: readonly string[]): string {
  const last = names.at(-1) ?? '';
  let name = names.find((it) => !taken.has(it)) ?? last;
  for (let number = 2; taken.has(name); number++) name = `${last}${number}`;
  taken.add(name);
  return name;
}

export function capitalise(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** A name that begins with a letter, as GraphQL's names do. */
function toIdentifier(name: string, prefix: string): string {
  return /^[A-Za-z]/.test(name) ? name : prefix + name;
}
