/** Types that browsers show and that cannot run scripts: no HTML, no SVG or other XML. The sandbox breaks PDF viewers. */
const HARMLESS = /^(?:(?:image|audio|video)\/(?!.*xml)|text\/plain$)/;
/** Control characters, and bidirectional overrides, which make `gpj.exe` look like `exe.jpg`. */
const INVISIBLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
const NOT_PLAIN = /[^\x20-\x7e]|["%]/gu;
/** Characters that RFC 8187 escapes and `encodeURIComponent` does not. */
const NOT_ATTRIBUTE = /['()*]/g;

/**
 * `Content-Disposition` by RFC 6266: files of harmless types are shown, others saved. The name may contain anything; it
 * is turned into a file name without a path.
 */
export function toContentDisposition(name: string, type: string): string {
  const safe = name.toWellFormed().replaceAll(INVISIBLE, '').replaceAll(/[/\\]/g, '_') || 'file';
  const plain = safe.replaceAll(NOT_PLAIN, '_');
  const parts = [HARMLESS.test(type) ? 'inline' : 'attachment', `filename="${plain}"`];
  if (plain !== safe) parts.push(`filename*=UTF-8''${encode(safe)}`);
  return parts.join('; ');
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    NOT_ATTRIBUTE,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
