/** Letters that Unicode does not decompose. */
const LETTERS: Readonly<Record<string, string>> = Object.fromEntries(
  'æ=ae ð=d đ=d ħ=h ı=i ł=l ø=o œ=oe ß=ss þ=th'.split(' ').map((pair) => pair.split('=')),
);

/**
 * The text with letters of ASCII in place of others: `größe` is `grosse`. Letters and symbols without such a likeness are
 * written as their code points: `大` is `u5927`.
 */
export function toAscii(text: string): string {
  return withoutMarks(text).replace(/[^\p{ASCII}]/gu, (character) => {
    const code = () => `u${character.codePointAt(0)?.toString(16)}`;
    return LETTERS[character.toLowerCase()] ?? (/[\p{L}\p{N}\p{S}]/u.test(character) ? code() : character);
  });
}

/** Without accents, umlauts and other marks. */
export function withoutMarks(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').normalize('NFC');
}
