import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import fontkit from '@pdf-lib/fontkit';
import { GatherError } from 'gather';
import { type PDFDocument, type PDFFont, PDFRef, type PDFTextField, rgb } from 'pdf-lib';

const FONT = '@expo-google-fonts/noto-serif/400Regular/NotoSerif_400Regular.ttf';
/** Color and size in a field's default appearance, such as `0.2 0.1 0 rg /Helv 42 Tf`. */
const COLOR = /([\d.]+) ([\d.]+) ([\d.]+) rg/;
const SIZE = /([\d.]+) Tf/;

/** Embeds the font of certificates, which has Latin, Greek and Cyrillic, as a subset of the glyphs in use. */
export async function embedFont(pdf: PDFDocument): Promise<PDFFont> {
  pdf.registerFontkit(fontkit);
  return pdf.embedFont(await readFile(fileURLToPath(import.meta.resolve(FONT))), { subset: true });
}

/** @throws INVALID_INPUT with the first character that the font lacks */
export function assertDrawable(text: string, font: PDFFont): void {
  const drawable = new Set(font.getCharacterSet());
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    if (drawable.has(codePoint)) continue;
    const number = codePoint.toString(16).toUpperCase().padStart(4, '0');
    const message = `Expected Latin, Greek or Cyrillic characters, got "${character}" (U+${number}).`;
    throw new GatherError('INVALID_INPUT', message, { field: 'recipient', value: character });
  }
}

/**
 * Replaces a field of the first page by a line of text, in the field's colour, alignment and size, or smaller if it would
 * not fit.
 */
export function fillField(pdf: PDFDocument, field: PDFTextField, text: string, font: PDFFont): void {
  const [widget] = field.acroField.getWidgets();
  if (!widget) throw new Error(`Expected the field "${field.getName()}" to be on the page; it is nowhere.`);
  const appearance = widget.getDefaultAppearance() ?? field.acroField.getDefaultAppearance() ?? '';
  const [, red = 0, green = 0, blue = 0] = COLOR.exec(appearance)?.map(Number) ?? [];
  const [, maxSize = Number.POSITIVE_INFINITY] = SIZE.exec(appearance)?.map(Number) ?? [];
  const box = widget.getRectangle();
  const width = font.widthOfTextAtSize(text, 1);
  const size = Math.min(maxSize, box.width / width, box.height / font.heightAtSize(1));
  const height = font.heightAtSize(size);
  const descent = height - font.heightAtSize(size, { descender: false });
  pdf.getPage(0).drawText(text, {
    // 0 left, 1 centre, 2 right
    x: box.x + ((box.width - width * size) * field.getAlignment()) / 2,
    y: box.y + (box.height - height) / 2 + descent,
    size,
    font,
    color: rgb(red, green, blue),
  });
  remove(pdf, field);
}

/** Works around pdf-lib 1.17, which leaves references to a removed field on the page. */
function remove(pdf: PDFDocument, field: PDFTextField): void {
  const page = pdf.getPage(0).node;
  for (const part of [field.ref, ...(field.acroField.Kids()?.asArray() ?? [])]) {
    if (!(part instanceof PDFRef)) continue;
    page.removeAnnot(part);
    pdf.context.delete(part);
  }
  pdf.getForm().acroForm.removeField(field.acroField);
}
