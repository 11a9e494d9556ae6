import { expect, test } from 'vitest';
import { toContentDisposition } from '../../../src/gather/files/content-disposition.ts';

test.each([
  ['image/png', 'inline'],
  ['image/avif', 'inline'],
  ['audio/mpeg', 'inline'],
  ['video/mp4', 'inline'],
  ['text/plain', 'inline'],
  ['image/svg+xml', 'attachment'],
  ['text/html', 'attachment'],
  ['text/plainly', 'attachment'],
  ['application/xml', 'attachment'],
  ['application/xhtml+xml', 'attachment'],
  ['application/pdf', 'attachment'],
  ['application/octet-stream', 'attachment'],
])('%s is %s', (type, disposition) => {
  expect(toContentDisposition('a.b', type)).toBe(`${disposition}; filename="a.b"`);
});

test.each([
  ['brisket.jpg', 'brisket.jpg', undefined],
  ['two words; and "quotes".txt', 'two words; and _quotes_.txt', 'two words; and "quotes".txt'],
  ['100%.txt', '100_.txt', '100%.txt'],
  [`it's (new)*.txt`, `it's (new)*.txt`, undefined],
  [`d'été (1)*.txt`, `d'_t_ (1)*.txt`, `d'été (1)*.txt`],
  ['Rippchen für zwölf.pdf', 'Rippchen f_r zw_lf.pdf', 'Rippchen für zwölf.pdf'],
  ['燻製🔥.png', '___.png', '燻製🔥.png'],
  ['../../etc/passwd', '.._.._etc_passwd', undefined],
  ['C:\\boot.ini', 'C:_boot.ini', undefined],
  ['a\r\nSet-Cookie: b=1\r\n\r\n<p>', 'aSet-Cookie: b=1<p>', undefined],
  ['photo\u202egpj.exe', 'photogpj.exe', undefined],
  ['\0\x1f\x7f\x9f', 'file', undefined],
  ['', 'file', undefined],
  ['half\ud83d.txt', 'half_.txt', 'half\ufffd.txt'],
])('a file named %j is saved as %j, and as %j by who reads Unicode', (name, plain, extended) => {
  const header = toContentDisposition(name, 'application/zip');
  expect(/filename="([^"\\]*)"/.exec(header)?.[1]).toBe(plain);
  const [, encoded] = /filename\*=UTF-8''([\w!#$&+.^`|~%-]*)$/.exec(header) ?? [];
  expect(encoded && decodeURIComponent(encoded)).toBe(extended);
});

test('a header of any name is plain ASCII in one line', () => {
  const everything = Array.from({ length: 0x3000 }, (_, code) => String.fromCodePoint(code)).join('');
  expect(toContentDisposition(everything, 'text/plain')).toMatch(/^[\x20-\x7e]+$/);
});
