import { readFile } from 'node:fs/promises';
import { Blob, Face, Font, Variation } from 'harfbuzzjs';
import { decompress } from 'wawoff2';
import { emojiFile, type FontFile, lastResort, textFiles } from './font-files.ts';

interface OpenFont {
  font: Font;
  codePoints: ReadonlySet<number>;
}

const REGULAR = new Variation('wght', 400);
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
/** What is drawn as a picture by itself, or because the selector behind it asks for that. */
const PICTURE = /\p{Emoji_Presentation}|\uFE0F/u;
/** Joiners and selectors: HarfBuzz hides those that a font does not have. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/gu;
/** Unifont has a box with a number for these. */
const MEANINGLESS = /[\p{Unassigned}\p{Private_Use}]/u;

/** The fonts of one text. Opens only the files that are needed. */
export class Fonts {
  readonly #text: FontFile[];
  readonly #emoji = emojiFile();
  readonly #lastResort = lastResort();
  readonly #opened = new Map<string, Promise<OpenFont>>();

  /** @param text with kana in it, its Chinese characters have their Japanese forms */
  constructor(text: string) {
    this.#text = textFiles(KANA.test(text));
  }

  /**
   * The first font that has all of some characters; undefined where none has. The last resort has single ones only:
   * better a mark of another font than a letter of that one.
   */
  async find(characters: string): Promise<Font | undefined> {
    if (MEANINGLESS.test(characters)) return undefined;
    const codePoints = Array.from(characters.replaceAll(UNSEEN, ''), (character) => character.codePointAt(0) ?? 0);
    const pictures = PICTURE.test(characters) ? [this.#emoji] : [];
    const others = codePoints.length > 1 ? [] : [this.#lastResort];
    for (const file of [...pictures, ...this.#text, ...others]) {
      if (!codePoints.every((codePoint) => mayHave(file, codePoint))) continue;
      const { font, codePoints: known } = await this.#open(file);
      if (codePoints.every((codePoint) => known.has(codePoint))) return font;
    }
    return undefined;
  }

  #open({ path }: FontFile): Promise<OpenFont> {
    const opened = this.#opened.get(path) ?? open(path);
    this.#opened.set(path, opened);
    return opened;
  }
}

function mayHave({ ranges }: FontFile, codePoint: number): boolean {
  return ranges?.some(([first, last]) => first <= codePoint && codePoint <= last) ?? true;
}

async function open(path: string): Promise<OpenFont> {
  const bytes = await readFile(path);
  const face = new Face(new Blob(path.endsWith('.woff2') ? await decompress(bytes) : bytes));
  const font = new Font(face);
  font.setVariations([REGULAR]);
  return { font, codePoints: new Set(face.collectUnicodes()) };
}
