import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { extractText } from 'unpdf';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ timeZone: 'America/Chicago' });
  ({ url } = await gather.app.start());
});
afterAll(() => gather.close());

const ISSUE = `mutation ($input: IssueCertificateInput!) {
  issueCertificate(input: $input) {
    certificate { id recipient amount issuedAt url }
    userErrors { code message field }
  }
}`;

test('a certificate is a PDF to download, with what was asked for and the time of issue', async () => {
  const before = Date.now();
  const certificate = await issue({ recipient: '  Zoë Їжакевич\t', amount: '1234.5' });
  expect(certificate).toMatchObject({ recipient: 'Zoë Їжакевич', amount: '1234.50' });
  expect(Date.parse(certificate.issuedAt)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(certificate.issuedAt)).toBeLessThanOrEqual(Date.now());

  const response = await download(certificate);
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/pdf');
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="certificate.pdf"');
  const { text } = await extractText(await response.bytes(), { mergePages: true });
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'full', timeZone: 'America/Chicago' });
  for (const part of ['Zoë Їжакевич', '$1,234.50', time.format(new Date(certificate.issuedAt))]) {
    expect(text).toContain(part);
  }
});

test('nothing else is there under the URL of a certificate', async () => {
  const { url } = await issue({ recipient: 'Ann', amount: '10' });
  const { pathname } = new URL(url);
  for (const path of [pathname.replace(/[^/]+$/, 'other.pdf'), `/certificates/${randomUUID()}/certificate.pdf`]) {
    expect((await gather.app.fetch(`http://gather${path}`)).status).toBe(404);
  }
});

test('a certificate has the same bytes each time, and is found by its ID', async () => {
  const certificate = await issue({ recipient: 'Ann', amount: '10' });
  const first = await (await download(certificate)).bytes();
  await sleep(1100);
  const { data } = await gather.query('query ($id: ID!) { node(id: $id) { ... on Certificate { url recipient } } }', {
    id: certificate.id,
  });
  expect(data.node).toEqual({ url: certificate.url, recipient: 'Ann' });
  expect(Buffer.compare(first, await (await download(data.node)).bytes())).toBe(0);
});

test.each([
  ['', '1', 'recipient', 'Expected 1 to 100 characters, got 0.'],
  [' \n ', '1', 'recipient', 'Expected 1 to 100 characters, got 0.'],
  ['x'.repeat(101), '1', 'recipient', 'Expected 1 to 100 characters, got 101.'],
  ['A\nB', '1', 'recipient', 'Expected text without control characters.'],
  ['A\u202eB', '1', 'recipient', 'Expected text without control characters.'],
  ['\u200b\u3164', '1', 'recipient', 'Expected visible characters.'],
  ['A\u0378', '1', 'recipient', 'Expected Latin, Greek or Cyrillic characters, got "\u0378" (U+0378).'],
  ['Ann 王小明', '1', 'recipient', 'Expected Latin, Greek or Cyrillic characters, got "王" (U+738B).'],
  ['Ann', '0', 'amount', 'Expected more than 0, got 0.'],
  ['Ann', '0.0049', 'amount', 'Expected more than 0, got 0.0049.'],
  ['Ann', '-5', 'amount', 'Expected from 0 to 9999999999.99, got -5.'],
  ['Ann', '10000000000', 'amount', 'Expected from 0 to 9999999999.99, got 10000000000.'],
])('nothing is issued for %j and an amount of %s: %s is refused', async (recipient, amount, field, message) => {
  const before = await count();
  const { data, errors } = await gather.query(ISSUE, { input: { recipient, amount } });
  expect(errors).toBeUndefined();
  expect(data.issueCertificate.certificate).toBeNull();
  expect(data.issueCertificate.userErrors).toEqual([{ code: 'INVALID_INPUT', message, field: [field] }]);
  expect(await count()).toEqual(before);
});

test.each([
  ['0.005', '0.01'],
  ['0.10', '0.10'],
  ['9999999999.99', '9999999999.99'],
])('an amount of %s is issued as %s', async (amount, issued) => {
  expect(await issue({ recipient: 'Ann', amount })).toMatchObject({ amount: issued });
});

async function issue(input: { recipient: string; amount: string }) {
  const { data, errors } = await gather.query(ISSUE, { input });
  expect(errors).toBeUndefined();
  expect(data.issueCertificate.userErrors).toEqual([]);
  return data.issueCertificate.certificate;
}

function download(certificate: { url: string }): Promise<Response> {
  return fetch(new URL(new URL(certificate.url).pathname, url));
}

async function count(): Promise<object[]> {
  return gather.database.ask(
    'select (select count(*) from certificate) as certificates, (select count(*) from file) as files',
  );
}
