import type { Font, GlyphInfo, GlyphPosition } from 'harfbuzzjs';

/** A shape in thousandths of the font's size: the operators of PDF that make its path, and a box around it. */
export interface Outline {
  path: string;
  left: number;
  bottom: number;
  right: number;
  top: number;
}

const EM = 1000;
/** Of PDF, for each of SVG's that fonts use. */
const OPERATORS: Readonly<Record<string, string>> = { M: 'm', L: 'l', Q: 'c', C: 'c', Z: 'h' };

/** The outline of glyphs that belong together, and how far right the next one is. */
export function outlineOf(
  font: Font,
  pieces: readonly (GlyphInfo & Partial<GlyphPosition>)[],
): { outline: Outline; advance: number } {
  const toEm = (units: number) => Math.round((units * EM) / font.face.upem);
  const path: string[] = [];
  const xs: number[] = [];
  const ys: number[] = [];
  let advance = 0;
  for (const { codepoint: glyph, xAdvance = 0, xOffset = 0, yOffset = 0 } of pieces) {
    for (const { type, points } of cubicPath(font, glyph)) {
      const x = points.map((point) => toEm(point.x + advance + xOffset));
      const y = points.map((point) => toEm(point.y + yOffset));
      path.push([...x.flatMap((value, index) => [value, y[index]]), OPERATORS[type]].join(' '));
      xs.push(...x);
      ys.push(...y);
    }
    advance += xAdvance;
  }
  return { outline: { path: path.join('\n'), ...boxAround(xs, ys) }, advance: toEm(advance) };
}

interface Point {
  x: number;
  y: number;
}

/** PDF has no quadratic curves, and each of them is a cubic one too. */
function* cubicPath(font: Font, glyph: number): Generator<{ type: string; points: Point[] }> {
  let from: Point = { x: 0, y: 0 };
  for (const { type, values } of font.glyphToJson(glyph)) {
    const given = toPoints(values);
    const [control = from, to = control] = given;
    const points = type === 'Q' ? [between(from, control), between(to, control), to] : given;
    yield { type, points };
    from = points.at(-1) ?? from;
  }
}

function toPoints(values: readonly number[]): Point[] {
  return values.flatMap((x, index) => (index % 2 === 0 ? [{ x, y: values[index + 1] ?? 0 }] : []));
}

/** Two thirds of the way. */
function between(from: Point, to: Point): Point {
  return { x: from.x + (2 / 3) * (to.x - from.x), y: from.y + (2 / 3) * (to.y - from.y) };
}

function boxAround(xs: readonly number[], ys: readonly number[]): Omit<Outline, 'path'> {
  if (xs.length === 0) return { left: 0, bottom: 0, right: 0, top: 0 };
  return { left: Math.min(...xs), bottom: Math.min(...ys), right: Math.max(...xs), top: Math.max(...ys) };
}
