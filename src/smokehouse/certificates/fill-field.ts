import { type PDFDocument, PDFName, PDFRef, type PDFTextField } from 'pdf-lib';
import { type Glyph, layOut } from './lay-out.ts';
import { addOutlineFont } from './outline-font.ts';

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** From top to bottom of an ordinary line, in ems from its base line. */
const [TOP, BOTTOM] = [0.9, -0.25];
/** In a field's default appearance, which has its colour besides: `0.2 0.1 0 rg /Helv 42 Tf`. */
const FONT_AND_SIZE = /\/\S+ ([\d.]+) Tf/;

/**
 * Replaces a field of the first page by a line of text: in its colour and alignment, and in its size or as much smaller
 * as it takes to stay inside.
 * @throws INVALID_INPUT for a character that no font has
 */
export async function fillField(pdf: PDFDocument, field: PDFTextField, text: string): Promise<void> {
  const [widget] = field.acroField.getWidgets();
  if (!widget) throw new Error(`Expected the field "${field.getName()}" to be on the page; it is nowhere.`);
  const appearance = widget.getDefaultAppearance() ?? field.acroField.getDefaultAppearance() ?? '';
  const [, maxSize] = FONT_AND_SIZE.exec(appearance) ?? [];
  const line = await layOut(text);
  const { size, x, y } = place(line, widget.getRectangle(), Number(maxSize), field.getAlignment());
  const { font, codes } = addOutlineFont(pdf, line);
  const name = PDFName.of(field.getName());
  const setFont = `${name} ${size.toFixed(3)} Tf`;
  const operators = `q BT ${appearance.replace(FONT_AND_SIZE, setFont)} ${x.toFixed(3)} ${y.toFixed(3)} Td ${codes} Tj ET Q`;
  const page = pdf.getPage(0).node;
  page.normalize();
  page.setFontDictionary(name, font);
  page.addContentStream(pdf.context.register(pdf.context.flateStream(operators)));
  remove(pdf, field);
}

/** @param alignment 0 left, 1 in the middle, 2 right */
function place(line: readonly Glyph[], box: Box, maxSize: number, alignment: number) {
  const width = line.reduce((sum, { advance }) => sum + advance, 0) / 1000;
  const top = Math.max(TOP, ...line.map(({ outline }) => outline.top / 1000));
  const bottom = Math.min(BOTTOM, ...line.map(({ outline }) => outline.bottom / 1000));
  const size = Math.min(maxSize, box.width / width, box.height / (top - bottom));
  const x = box.x + ((box.width - width * size) * alignment) / 2;
  const y = box.y + (box.height - (top + bottom) * size) / 2;
  return { size, x, y };
}

/** Where pdf-lib 1.17 removes a field, the page still refers to it. */
function remove(pdf: PDFDocument, field: PDFTextField): void {
  const page = pdf.getPage(0).node;
  for (const part of [field.ref, ...(field.acroField.Kids()?.asArray() ?? [])]) {
    if (!(part instanceof PDFRef)) continue;
    page.removeAnnot(part);
    pdf.context.delete(part);
  }
  pdf.getForm().acroForm.removeField(field.acroField);
}
