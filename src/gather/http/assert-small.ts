import { endOfString } from '../json.ts';
import { badRequest } from './bad-request.ts';

/** Variables are walked recursively. */
const MAX_LEVELS = 64;
/** Checking one against its type takes microseconds. The largest mutation has 10,000 rows. */
const MAX_OBJECTS = 12_000;
/** More than the fields of any type or the variables of any operation. */
const MAX_NAMES = 1000;
/** The largest mutation has eight fields in each row. */
const MAX_VALUES = 81_000;

const [QUOTE, COLON, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Buffer.from('":,[]{}');

/**
 * Refuses JSON that would take long to parse and to check, by its text: parsing 400,000 nested lists takes a hundred
 * times the memory of their text.
 * @param text that need not be valid
 * @throws 400
 */
export function assertSmall(text: string): void {
  let objects = 0;
  let values = 1;
  let names = 0;
  /** The names that were counted in each of the objects around. */
  const around: number[] = [];
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE:
        index = endOfString(text, index);
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        if (around.push(names) > MAX_LEVELS) throw tooMuch(`${MAX_LEVELS} levels`);
        if (++objects > MAX_OBJECTS) throw tooMuch(`${MAX_OBJECTS} objects and lists`);
        names = 0;
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        names = around.pop() ?? 0;
        break;
      case COLON:
        if (++names > MAX_NAMES) throw tooMuch(`${MAX_NAMES} names in an object`);
        break;
      case COMMA:
        if (++values > MAX_VALUES) throw tooMuch(`${MAX_VALUES} values`);
        break;
    }
  }
}

function tooMuch(limit: string): Error {
  return badRequest(400, `Expected JSON of at most ${limit}, got more.`);
}
