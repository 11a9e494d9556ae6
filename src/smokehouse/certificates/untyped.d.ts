/** What is used of packages without types, or with types that do not fit what Node loads. */

declare module 'wawoff2' {
  /** A font in TrueType or OpenType, from WOFF2. */
  export function decompress(font: Uint8Array): Promise<Uint8Array>;
}

declare module 'bidi-js/dist/bidi.mjs' {
  interface Levels {
    /** One for each UTF-16 unit: odd where the text runs from right to left. */
    levels: Uint8Array;
  }

  interface Bidi {
    getEmbeddingLevels(text: string): Levels;
    /** Where each UTF-16 unit is in the text, in the order in which they are seen. */
    getReorderedIndices(text: string, levels: Levels): number[];
  }

  export default function createBidi(): Bidi;
}
