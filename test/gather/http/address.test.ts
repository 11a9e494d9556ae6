import { expect, test } from 'vitest';
import { limitKeyOf } from '../../../src/gather/concurrency/limit-key.ts';
import { addressOf } from '../../../src/gather/http/address.ts';

test.each([
  ['the socket says it where no proxy is trusted', 0, '192.0.2.1', '198.51.100.7', '192.0.2.1'],
  ['one proxy adds the last', 1, '192.0.2.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
  ['two proxies add the last two', 2, '192.0.2.1', '203.0.113.9,198.51.100.7', '203.0.113.9'],
  ['fewer than trusted: the socket', 3, '192.0.2.1', '203.0.113.9, 198.51.100.7', '192.0.2.1'],
  ['no header: the socket', 1, '192.0.2.1', undefined, '192.0.2.1'],
  ['what is no address is not taken', 1, '192.0.2.1', 'localhost', '192.0.2.1'],
  ['nor is one with more to it', 1, '192.0.2.1', '198.51.100.7:80', '192.0.2.1'],
  ['IPv6', 1, '192.0.2.1', '2001:DB8:0::1', '2001:db8::1'],
  ['IPv4 on a socket of IPv6', 0, '::ffff:192.0.2.1', undefined, '192.0.2.1'],
  ['IPv4 written as IPv6', 1, '192.0.2.1', '::ffff:c633:6407', '198.51.100.7'],
])('the address of a client: %s', (_, hops, socket, forwarded, expected) => {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect(addressOf({ socket: { remoteAddress: socket }, headers }, hops)).toBe(expected);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('limits count %s as %s', (address, key) => {
  expect(limitKeyOf(address)).toBe(key);
});
