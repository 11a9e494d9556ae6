import { signedIn } from 'gather/testing';
import { expect, test } from 'vitest';
import { OwnerColumn } from '../../../src/gather/graphql/owner-column.ts';

test.each([
  ['numeric', '7.00', '7', true],
  ['numeric', '7.50', '7', false],
  ['numeric', '700', '7', false],
  ['bpchar', '7  ', '7', true],
  ['uuid', 'aa11', 'AA11', true],
  ['text', '7.00', '7', false],
])('in a column of %s, "%s" belongs to "%s": %s', (type, value, key, isOwn) => {
  expect(new OwnerColumn('by', type).isOwn(signedIn('MEMBER', key), { by: value })).toBe(isOwn);
});
