import { expect, test } from 'vitest';
import { hideValues } from '../../../src/gather/monitoring/hide-values.ts';

test('values are hidden wherever they stand, those of lists and objects and the longest first', () => {
  const hide = hideValues(() => ({ input: [{ password: 'hunter27', name: 'hunter' }, 12_345, 'ab', null, true] }));
  expect(hide('no hunter27 of hunter, 12345 or ab: true')).toBe('no … of …, … or ab: true');
});

test('so is the host of a URL', () => {
  const hide = hideValues(() => ['https://user:pass@secret.example:8443/path?q=1']);
  expect(hide('getaddrinfo ENOTFOUND secret.example')).toBe('getaddrinfo ENOTFOUND …');
});
