import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file with a font, or with a part of one. */
export interface FontFile {
  path: string;
  /** The code points that it may have, first and last of each range; undefined where it may have any. */
  ranges: readonly (readonly [first: number, last: number])[] | undefined;
}

/** For the scripts of today. Each is in several files, by ranges of code points, as are the three for East Asia. */
const SCRIPTS = [
  'noto-sans', // Latin, Greek, Cyrillic and Devanagari
  'noto-sans-arabic',
  'noto-sans-hebrew',
  'noto-sans-armenian',
  'noto-sans-georgian',
  'noto-sans-bengali',
  'noto-sans-gurmukhi',
  'noto-sans-gujarati',
  'noto-sans-oriya',
  'noto-sans-tamil',
  'noto-sans-telugu',
  'noto-sans-kannada',
  'noto-sans-malayalam',
  'noto-sans-sinhala',
  'noto-sans-thai',
  'noto-sans-lao',
  'noto-sans-khmer',
  'noto-sans-myanmar',
  'noto-serif-tibetan',
  'noto-sans-ethiopic',
  'noto-sans-thaana',
  'noto-sans-adlam',
];
const CHINESE = 'noto-sans-sc';
const JAPANESE = 'noto-sans-jp';
const KOREAN = 'noto-sans-kr';
const EMOJI = '@expo-google-fonts/noto-emoji/400Regular/NotoEmoji_400Regular.ttf';
const MATHEMATICS = '@fontsource/noto-sans-math/files/noto-sans-math-latin-400-normal.woff2';
/** Has every character of the Basic Multilingual Plane, drawn in 16 by 16 squares. */
const UNIFONT = '@fontsource/unifont/files/unifont-latin-400-normal.woff2';

/** The files for a text, the better ones first. In a Japanese one Chinese characters have their Japanese forms. */
export function textFiles(isJapanese: boolean): FontFile[] {
  const eastAsian = isJapanese ? [JAPANESE, CHINESE, KOREAN] : [CHINESE, JAPANESE, KOREAN];
  return [...[...SCRIPTS, ...eastAsian].flatMap(filesOf), wholeFile(MATHEMATICS), emojiFile()];
}

export function emojiFile(): FontFile {
  return wholeFile(EMOJI);
}

/** For a character that no other file has. */
export function lastResort(): FontFile {
  return wholeFile(UNIFONT);
}

function filesOf(family: string): FontFile[] {
  const packageName = `@fontsource-variable/${family}`;
  const parts: Record<string, string> = JSON.parse(readFileSync(pathOf(`${packageName}/unicode.json`), 'utf8'));
  return Object.entries(parts).map(([part, ranges]) => ({
    path: pathOf(`${packageName}/files/${family}-${part.replaceAll(/[[\]]/g, '')}-wght-normal.woff2`),
    ranges: ranges.split(',').map(toRange),
  }));
}

function wholeFile(specifier: string): FontFile {
  return { path: pathOf(specifier), ranges: undefined };
}

function pathOf(specifier: string): string {
  return fileURLToPath(import.meta.resolve(specifier));
}

/** @param range as CSS writes it: `U+20B9` or `U+0900-097F` */
function toRange(range: string): [first: number, last: number] {
  const [first = '', last = first] = range.slice('U+'.length).split('-');
  return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
}
