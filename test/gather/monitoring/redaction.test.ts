import { expect, test } from 'vitest';
import { createRedaction } from '../../../src/gather/monitoring/redaction.ts';

const UPLOAD = 'Zq3vN1yP0bT8cXw5dR7eK2mJ4hL6gF9sA-uI_oEnQaM';

const redact = createRedaction();

test.each([
  ['postgres://gather:pa:ss%20word@db/gather', 'postgres://…@db/gather'],
  ['redis://:p@h and http://u:p@h/x', 'redis://…@h and http://…@h/x'],
  ['authorization: Bearer abc.def-g_h~i+j/k==', 'authorization: Bearer …'],
  ['AUTHORIZATION=basic Zm9vOmJhcg==', 'AUTHORIZATION=basic …'],
  ['?token=abc&password=d%20e&other=f', '?token=…&password=…&other=f'],
  ['{\\"clientSecret\\": \\"abc\\", \\"n\\": 1}', '{\\"clientSecret\\": \\"…\\", \\"n\\": 1}'],
  ["api_key='abc' X-Amz-Signature=def", "api_key='…' X-Amz-Signature=…"],
  ['cookie: gather_session=abc; theme=dark', 'cookie: …; theme=dark'],
  ['the token eyJhbGciOiJub25lIn0.eyJyb2xlIjoiU1RBRkYifQ. is forged', 'the token … is forged'],
  [`PUT /uploads/${UPLOAD}?x=1`, 'PUT /uploads/…?x=1'],
  [`no session gather_${UPLOAD} here`, 'no session gather_… here'],
  // Each with nothing else that looks like a secret.
  [`it was gather_${UPLOAD}`, 'it was gather_…'],
  ['it was eyJhbGciOiJub25lIn0.eyJyb2xlIjoiU1RBRkYifQ.', 'it was …'],
  ['it was Bearer abc', 'it was Bearer …'],
  ['it was basic Zm9v', 'it was basic …'],
  ['cookie: a=b', 'cookie: …'],
  ['Signature=abc', 'Signature=…'],
  ['api-key: abc', 'api-key: …'],
  ['APIKEY=abc', 'APIKEY=…'],
  ['passwd=abc', 'passwd=…'],
  ['password: abc', 'password: …'],
  ['secret=abc', 'secret=…'],
  ['session=abc', 'session=…'],
  ['token=abc', 'token=…'],
  ['authorization: abc', 'authorization: …'],
])('of %s it leaves %s', (line, expected) => {
  expect(redact(line)).toBe(expected);
});

test.each([
  'column "rating" does not exist',
  'password authentication failed for user "gather"',
  "Unexpected token '<' in JSON at position 0",
  'connect ECONNREFUSED 127.0.0.1:5432',
  'There is no file at http://localhost:4000/files/0f6d2102-254e-4a21-860e-c74027494dc3',
])('what is no secret stays: %s', (line) => {
  expect(redact(line)).toBe(line);
});

test('what is known to be secret is hidden wherever it stands, in every spelling', () => {
  const secret = 'gr"im+re/aper%';
  const known = createRedaction([secret, 'gather']);
  expect(known(`a${secret}b ${encodeURIComponent(secret)} gather`)).toBe('a…b … gather');
  const line = JSON.stringify({ msg: `no such user: ${secret}`, at: ['src/a.ts:1'] });
  expect(JSON.parse(known(line))).toEqual({ msg: 'no such user: …', at: ['src/a.ts:1'] });
});

test('a line of JSON stays one', () => {
  const line = { msg: 'password="a\\"b" Bearer x"y\\z http://u:p@h', err: { message: "token:\n'x'" } };
  expect(JSON.parse(redact(JSON.stringify(line)))).toMatchObject({ err: { message: expect.any(String) } });
});

test.each(['eyJ-', 'eyJa.', '://', 'password=', 'bearer ', 'token:"', 'secret   ', '/uploads/', 'gather_'])(
  'a line made to be slow is not: %s',
  (piece) => {
    // What tries each of 200,000 places against each takes minutes.
    const start = performance.now();
    redact(piece.repeat(200_000 / piece.length));
    expect(performance.now() - start).toBeLessThan(10_000);
  },
);
