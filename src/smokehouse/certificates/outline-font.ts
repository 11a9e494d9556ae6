import { type PDFDocument, PDFName, type PDFRef } from 'pdf-lib';
import type { Glyph } from './lay-out.ts';

/** A line of text as a page can show it. */
export interface ShownLine {
  /** The font that it is shown in, made for it alone. */
  font: PDFRef;
  /** The codes of its glyphs, as a string of PDF. */
  codes: string;
}

const MAX_GLYPHS = 256;
/** So many may be mapped at a time: https://adobe-type-tools.github.io/font-tech-notes/pdfs/5014.CIDFont_Spec.pdf. */
const BLOCK = 100;

/**
 * Adds a font of Type 3 for a line of at most 256 different glyphs. Their outlines are the font, whatever font they are
 * from, and it says of which text each is, so that what is shown can be searched, copied and read aloud.
 */
export function addOutlineFont(pdf: PDFDocument, line: readonly Glyph[]): ShownLine {
  const glyphs = [...new Map(line.map((glyph) => [keyOf(glyph), glyph])).values()];
  if (glyphs.length > MAX_GLYPHS) throw new RangeError(`Expected 256 different glyphs at most, got ${glyphs.length}.`);
  const codes = new Map(glyphs.map((glyph, code) => [keyOf(glyph), toHex(code)]));
  const stream = (text: string) => pdf.context.register(pdf.context.flateStream(text));
  const font = pdf.context.obj({
    Type: 'Font',
    Subtype: 'Type3',
    FontBBox: [0, 0, 0, 0],
    FontMatrix: [0.001, 0, 0, 0.001, 0, 0],
    FirstChar: 0,
    LastChar: glyphs.length - 1,
    Widths: glyphs.map(({ advance }) => advance),
    Encoding: { Type: 'Encoding', Differences: [0, ...glyphs.map((_, code) => PDFName.of(`g${code}`))] },
    CharProcs: Object.fromEntries(glyphs.map((glyph, code) => [`g${code}`, stream(toProcedure(glyph))])),
    Resources: {},
    ToUnicode: stream(toUnicodeMap(glyphs)),
  });
  return { font: pdf.context.register(font), codes: `<${line.map((glyph) => codes.get(keyOf(glyph))).join('')}>` };
}

function keyOf({ text, outline, advance }: Glyph): string {
  return `${text} ${advance} ${outline.path}`;
}

/** In the colour of the text around it. */
function toProcedure({ outline: { path, left, bottom, right, top }, advance }: Glyph): string {
  return `${advance} 0 ${left} ${bottom} ${right} ${top} d1\n${path}\nf`;
}

function toUnicodeMap(glyphs: readonly Glyph[]): string {
  const lines = glyphs.map(
    ({ text }, code) => `<${toHex(code)}> <${Buffer.from(text, 'utf16le').swap16().toString('hex')}>`,
  );
  const blocks = [];
  for (let start = 0; start < lines.length; start += BLOCK) {
    const block = lines.slice(start, start + BLOCK);
    blocks.push(`${block.length} beginbfchar`, ...block, 'endbfchar');
  }
  return [
    '/CIDInit /ProcSet findresource begin',
    '12 dict begin',
    'begincmap',
    '/CMapName /Outlines def',
    '/CMapType 2 def',
    '1 begincodespacerange',
    '<00> <ff>',
    'endcodespacerange',
    ...blocks,
    'endcmap',
    'end',
    'end',
  ].join('\n');
}

function toHex(code: number): string {
  return code.toString(16).padStart(2, '0');
}
