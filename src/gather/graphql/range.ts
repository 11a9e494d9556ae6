import { GatherError } from '../errors.ts';

/** @throws INVALID_INPUT if the number is outside the range; `what` names it in the message */
export function assertRange(what: string, value: number, from: number, to: number): void {
  if (value >= from && value <= to) return;
  throw new GatherError('INVALID_INPUT', `Expected ${what} from ${from} to ${to}, got ${value}.`);
}
