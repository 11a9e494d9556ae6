import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PDFDocument, PDFName, rgb } from 'pdf-lib';
import { getDocumentProxy } from 'unpdf';
import { beforeAll, describe, expect, test } from 'vitest';
import { createCertificate } from '../../../src/smokehouse/certificates/create-certificate.ts';

const given = { recipient: 'Zoë', amount: '1234.5', issuedAt: '2026-11-21T13:24:05.678Z', timeZone: 'America/Chicago' };
let template: Uint8Array;

beforeAll(async () => {
  template = await readFile(new URL('../../../src/smokehouse/certificates/template.pdf', import.meta.url));
});

const names = [
  ['Latin', 'Zoë Ångström-Łukasiewicz'],
  ['Vietnamese', 'Nguyễn Thị Ánh'],
  ['Greek', 'Αλέξανδρος Παπαδόπουλος'],
  ['polytonic Greek', 'Ἀλέξανδρος ὁ Μέγας'],
  ['Cyrillic', 'Володимир Їжакевич'],
  ['letters that join', 'Griffin Fjeld fl ffi'],
  ['combining marks', 'Ɛ́be ą́ x̧̂'],
];

/** pdf.js sees gaps behind marks. */
const GAP = /\s/g;
const readers = [
  { reader: 'pdf.js', read: readWithPdfJs, toSeen: (text: string) => text.replaceAll(GAP, '') },
  ...(spawnSync('pdftotext', ['-v']).error
    ? []
    : [{ reader: 'pdftotext', read: readWithPdftotext, toSeen: (text: string) => text }]),
];

describe.each(readers)('$reader (pdftotext too where it is installed)', ({ read, toSeen }) => {
  test.each(names)('finds a name in %s: %s', async (_, recipient) => {
    const text = await read(await createCertificate({ ...given, recipient }, template));
    expect(toSeen(linesOf(text).join('\n'))).toContain(toSeen(recipient.normalize('NFC')));
  });

  test('finds the amount and the time of issue', async () => {
    const lines = linesOf(await read(await createCertificate(given, template)));
    expect(lines).toContain('$1,234.50');
    expect(lines).toContain('21 November 2026 at 07:24:05 Central Standard Time');
  });
});

test.each([
  ['0.01', '$0.01'],
  ['9999999999.99', '$9,999,999,999.99'],
  ['12345678.905', '$12,345,678.91'],
  ['1.00499999999999999999', '$1.00'],
])('an amount of %s is exact, and rounded to %s', async (amount, shown) => {
  expect(linesOf(await readWithPdfJs(await createCertificate({ ...given, amount }, template)))).toContain(shown);
});

test('a name is the same however its characters are composed', async () => {
  for (const form of ['NFC', 'NFD']) {
    const pdf = await createCertificate({ ...given, recipient: 'Nguyễn Zoë'.normalize(form) }, template);
    expect(linesOf(await readWithPdfJs(pdf))).toContain('Nguyễn Zoë');
  }
});

test('the same input gives the same bytes, and another gives others', async () => {
  const bytes = await createCertificate(given, template);
  expect(Buffer.compare(bytes, await createCertificate(given, template))).toBe(0);
  const changes = [{ recipient: 'Zoe' }, { amount: '1234.51' }, { issuedAt: '2026-11-21T13:24:05.679Z' }];
  for (const change of changes) {
    expect(Buffer.compare(bytes, await createCertificate({ ...given, ...change }, template))).not.toBe(0);
  }
});

test.each(['W', '—', 'Ǽ', 'Щ'])('a hundred characters stay inside of the frame: %s', async (character) => {
  const recipient = [...character.repeat(100)].slice(0, 100).join('');
  const items = await itemsOf(await createCertificate({ ...given, recipient }, template));
  const text = items.map((item) => item.text).join('');
  expect(text.replaceAll(GAP, '')).toContain(character.repeat(5).replaceAll(GAP, ''));
  for (const { left, right } of items) {
    expect(left).toBeGreaterThan(36);
    expect(right).toBeLessThan(806);
  }
});

test.each([
  ['Arabic', 'م', 'U+0645'],
  ['Hebrew', 'ש', 'U+05E9'],
  ['Hindi', 'ह', 'U+0939'],
  ['Thai', 'ส', 'U+0E2A'],
  ['Chinese', '王', 'U+738B'],
  ['Japanese', 'さ', 'U+3055'],
  ['Korean', '김', 'U+AE40'],
  ['an emoji', '🎉', 'U+1F389'],
  ['not assigned', '\u0378', 'U+0378'],
  ['not assigned, in a high plane', '\u{1FFFD}', 'U+1FFFD'],
  ['private', '\uE000', 'U+E000'],
])('a character that is %s is refused by name', async (_, character, number) => {
  const recipient = `Zoë ${character}${character}`;
  await expect(createCertificate({ ...given, recipient }, template)).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    field: 'recipient',
    message: `Expected Latin, Greek or Cyrillic characters, got "${character}" (${number}).`,
  });
});

test('the template is what is filled: its text, its places and its sizes', async () => {
  const pdf = await PDFDocument.load(template);
  pdf.getPage(0).drawText('Not for sale', { x: 100, y: 60, size: 8, color: rgb(0, 0, 0) });
  const [widget] = pdf.getForm().getTextField('amount').acroField.getWidgets();
  widget?.setRectangle({ x: 500, y: 20, width: 200, height: 30 });
  const changed = await itemsOf(await createCertificate(given, await pdf.save()));
  expect(changed.map(({ text }) => text)).toContain('Not for sale');
  expect(changed.find(({ text }) => text === '$1,234.50')).toMatchObject({ bottom: expect.closeTo(29, -1) });
});

test('a template that lacks a field is refused by its name', async () => {
  const pdf = await PDFDocument.load(template);
  pdf.getForm().getTextField('amount').acroField.setPartialName('price');
  await expect(createCertificate(given, await pdf.save())).rejects.toThrow('amount');
});

test('nothing of the form is left, and the dates are those of its issue', async () => {
  const pdf = await PDFDocument.load(await createCertificate(given, template), { updateMetadata: false });
  expect(pdf.catalog.has(PDFName.of('AcroForm'))).toBe(false);
  expect(pdf.getPage(0).node.Annots()?.size() ?? 0).toBe(0);
  expect(pdf.getCreationDate()).toEqual(new Date('2026-11-21T13:24:05Z'));
  expect(pdf.getModificationDate()).toEqual(new Date('2026-11-21T13:24:05Z'));
});

/** Without the marks that say in which direction a line runs, which pdftotext adds. */
function linesOf(text: string): string[] {
  return text.split('\n').map((line) => line.replaceAll(/[\u202a-\u202e\f]/g, '').trim());
}

async function readWithPdfJs(pdf: Uint8Array): Promise<string> {
  const items = await itemsOf(pdf);
  return items.map(({ text, isLast }) => (isLast ? `${text}\n` : text)).join('');
}

async function itemsOf(pdf: Uint8Array) {
  const document = await getDocumentProxy(pdf.slice());
  try {
    const { items } = await (await document.getPage(1)).getTextContent({ disableNormalization: true });
    return items.flatMap((item) => {
      if (!('str' in item)) return [];
      const [, , , , left, bottom] = item.transform;
      return [{ text: item.str, left, right: left + item.width, bottom, isLast: item.hasEOL }];
    });
  } finally {
    await document.loadingTask.destroy();
  }
}

async function readWithPdftotext(pdf: Uint8Array): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gather-certificate-'));
  try {
    const file = join(directory, 'certificate.pdf');
    await writeFile(file, pdf);
    const { stdout, stderr } = await promisify(execFile)('pdftotext', ['-enc', 'UTF-8', file, '-'], {
      timeout: 20_000,
    });
    expect(stderr).toBe('');
    return stdout;
  } finally {
    await rm(directory, { recursive: true });
  }
}
