import createBidi from 'bidi-js/dist/bidi.mjs';
import { GatherError } from 'gather';
import { Buffer, BufferFlag, Direction, type Font, shape } from 'harfbuzzjs';
import { Fonts } from './fonts.ts';
import { type Outline, outlineOf } from './outline.ts';

/** A glyph cluster: usually a character with its combining marks. */
export interface Glyph {
  text: string;
  outline: Outline;
  /** How far right the next one is, in thousandths of the font's size. */
  advance: number;
}

/** Characters that follow each other, with one font and one direction. */
interface Run {
  start: number;
  end: number;
  font: Font;
  isRightToLeft: boolean;
}

const bidi = createBidi();
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** The right-to-left letters of the Supplementary Multilingual Plane, of which bidi-js knows nothing. */
const HIGH_RIGHT_TO_LEFT = /[\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/gu;

/**
 * Glyphs of a line of text, from left to right as it is read by https://www.unicode.org/reports/tr9/, each script
 * shaped as it should be.
 * @throws INVALID_INPUT for a character that no font has
 */
export async function layOut(line: string): Promise<Glyph[]> {
  const text = line.normalize('NFC');
  const plain = text.replaceAll(HIGH_RIGHT_TO_LEFT, 'אא');
  const embedding = bidi.getEmbeddingLevels(plain);
  const indices = bidi.getReorderedIndices(plain, embedding);
  const placeOf = ({ start, end }: Run) => Math.min(indices.indexOf(start), indices.indexOf(end - 1));
  const runs = await toRuns(text, embedding.levels);
  return runs.sort((one, other) => placeOf(one) - placeOf(other)).flatMap((run) => toGlyphs(text, run));
}

async function toRuns(text: string, levels: Uint8Array): Promise<Run[]> {
  const fonts = new Fonts(text);
  const runs: Run[] = [];
  let start = 0;
  for (const { part, font } of await toParts(text, fonts)) {
    const end = start + part.length;
    const isRightToLeft = (levels[start] ?? 0) % 2 === 1;
    const last = runs.at(-1);
    if (last?.font === font && levels[last.start] === levels[start]) last.end = end;
    else runs.push({ start, end, font, isRightToLeft });
    start = end;
  }
  return runs;
}

/** Marks have the font of the character that they belong to, where it has them. */
async function toParts(text: string, fonts: Fonts): Promise<{ part: string; font: Font }[]> {
  const parts = [];
  for (const { segment } of graphemes.segment(text)) {
    const font = await fonts.find(segment);
    if (font) parts.push({ part: segment, font });
    else for (const part of segment) parts.push({ part, font: (await fonts.find(part)) ?? refuse(part) });
  }
  return parts;
}

function refuse(character: string): never {
  const number = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  const message = `Expected characters that can be printed, got "${character}" (U+${number}).`;
  throw new GatherError('INVALID_INPUT', message, { field: 'recipient', value: character });
}

function toGlyphs(text: string, { start, end, font, isRightToLeft }: Run): Glyph[] {
  const buffer = new Buffer();
  buffer.addText(text, start, end - start);
  buffer.setDirection(isRightToLeft ? Direction.RTL : Direction.LTR);
  buffer.guessSegmentProperties();
  buffer.setFlags(BufferFlag.DO_NOT_INSERT_DOTTED_CIRCLE);
  shape(font, buffer);
  const positions = buffer.getGlyphPositions();
  const shaped = buffer.getGlyphInfos().map((info, index) => ({ ...info, ...positions[index] }));
  const starts = [...new Set(shaped.map(({ cluster }) => cluster)), end].sort((one, other) => one - other);
  return Map.groupBy(shaped, ({ cluster }) => cluster)
    .entries()
    .map(([cluster, pieces]) => ({
      text: text.slice(cluster, starts[starts.indexOf(cluster) + 1]),
      ...outlineOf(font, pieces),
    }))
    .toArray();
}
