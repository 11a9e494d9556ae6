/** Writes `template.pdf` beside this file: `node src/smokehouse/certificates/make-template.ts`. */
import { writeFile } from 'node:fs/promises';
import { PDFDocument, PDFName, rgb, TextAlignment } from 'pdf-lib';
import { embedFont, fillField } from './fill-field.ts';

interface Line {
  name: string;
  /** The lower edge. */
  y: number;
  height: number;
  /** The maximum font size. */
  size: number;
  color: string;
}

const [WIDTH, HEIGHT, MARGIN] = [842, 595, 70];
const [EMBER, SMOKE, INK] = ['0.64 0.22 0.1', '0.45 0.4 0.36', '0.2 0.13 0.1'];
const PAPER = rgb(0.99, 0.97, 0.93);
const FRAME = rgb(0.64, 0.22, 0.1);

const PRINTED = [
  { name: 'shop', y: 490, height: 20, size: 14, color: SMOKE, text: 'T H E   S M O K E H O U S E' },
  { name: 'title', y: 405, height: 70, size: 52, color: EMBER, text: 'Gift certificate' },
  { name: 'for', y: 352, height: 24, size: 15, color: SMOKE, text: 'for' },
  { name: 'of', y: 224, height: 24, size: 15, color: SMOKE, text: 'over the amount of' },
  { name: 'issued', y: 104, height: 18, size: 11, color: SMOKE, text: 'Issued' },
];
/** The fields to fill in for each certificate. */
const FIELDS = [
  { name: 'recipient', y: 278, height: 66, size: 40, color: INK },
  { name: 'amount', y: 158, height: 60, size: 38, color: INK },
  { name: 'issuedAt', y: 80, height: 20, size: 11, color: INK },
];

const pdf = await PDFDocument.create({ updateMetadata: false });
pdf.setTitle('Gift certificate');
pdf.setAuthor('The Smokehouse');
pdf.setLanguage('en');
const page = pdf.addPage([WIDTH, HEIGHT]);
page.drawRectangle({ x: 0, y: 0, width: WIDTH, height: HEIGHT, color: PAPER });
drawFrame(28, 3);
drawFrame(36, 0.75);
page.drawLine({ start: { x: 141, y: 270 }, end: { x: 701, y: 270 }, thickness: 0.75, color: FRAME });
const font = await embedFont(pdf);
for (const { text, ...line } of PRINTED) fillField(pdf, addField(line), text, font);
for (const line of FIELDS) addField(line);
await writeFile(new URL('template.pdf', import.meta.url), await pdf.save({ updateFieldAppearances: false }));

function drawFrame(inset: number, borderWidth: number): void {
  const [width, height] = [WIDTH - 2 * inset, HEIGHT - 2 * inset];
  page.drawRectangle({ x: inset, y: inset, width, height, borderColor: FRAME, borderWidth });
}

function addField({ name, y, height, size, color }: Line) {
  const field = pdf.getForm().createTextField(name);
  field.addToPage(page, { x: MARGIN, y, width: WIDTH - 2 * MARGIN, height });
  field.setAlignment(TextAlignment.Center);
  field.acroField.setDefaultAppearance(`${color} rg /Helv ${size} Tf`);
  // Without an appearance, PDF viewers would draw a box from the border settings, so these are deleted too.
  for (const { dict } of field.acroField.getWidgets())
    for (const key of ['AP', 'MK', 'BS', 'DA']) dict.delete(PDFName.of(key));
  return field;
}
