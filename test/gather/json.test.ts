import { expect, test } from 'vitest';
import { findBeyondDouble, isDeeperThan, isKeptByJsonb, parseJson, toJson } from '../../src/gather/json.ts';

test.each([
  ['0', true, true],
  ['-0', true, true],
  ['0.0e5', true, true],
  ['12.50', true, true],
  ['1e2', true, true],
  ['9007199254740992', true, true],
  ['9007199254740993', false, false],
  ['-9007199254740993', false, false],
  ['18446744073709551615', false, false],
  ['0.1234567890123456789', false, false],
  ['1e400', false, false],
  ['-1E400', false, false],
  ['1e-400', false, false],
  // As some programs write 0.1; JavaScript writes it with other digits.
  ['0.10000000000000001', true, false],
  // jsonb would write it with three hundred zeros.
  ['1e300', true, false],
  ['"9007199254740993 \\" 1e400"', true, true],
])('of %s it is known whether a double holds it, %s, and whether jsonb keeps it, %s', (number, isHeld, isKept) => {
  const text = `{"a\\"": [1, {"b": ${number}}]}`;
  expect(findBeyondDouble(parseJson(text), 'x')).toEqual(isHeld ? undefined : { number, path: 'x.a".1.b' });
  if (isHeld) expect(parseJson(text)).toEqual(JSON.parse(text));
  expect(isKeptByJsonb(text)).toBe(isKept);
});

test.each(['{"a": 1e5', '"1e5', '1-2e5', '01e5', ''])('%s is no JSON', (text) => {
  expect(() => parseJson(text)).toThrow(SyntaxError);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is not written as null', (number) => {
  expect(() => toJson({ a: [number] })).toThrow(`Expected a number that JSON can represent, got ${number} as "0".`);
});

test.each([
  ['1', false],
  ['[]', false],
  ['[{"a":[1]},{"b":[2]}]', false],
  ['[{"a":[[1]]}]', true],
  ['[{"a":"[[[\\"[[[\\\\"}]', false],
  ['["\\\\",[[[', true],
  ['["\\\\\\"",[[["', true],
  ['"[[[[', false],
  [']]]][[[[', false],
])('%s has more than three levels: %s', (text, isDeeper) => {
  expect(isDeeperThan(3, text)).toBe(isDeeper);
});
