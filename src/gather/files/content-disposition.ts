/** What a browser shows and what can run nothing: no HTML, no SVG or other XML. A PDF needs more than the sandbox lets it. */
const HARMLESS = /^(?:(?:image|audio|video)\/(?!.*xml)|text\/plain$)/;
/** Control characters, and those that turn the direction of text, by which `gpj.exe` looks like `exe.jpg`. */
const INVISIBLE = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu;
const NOT_PLAIN = /[^\x20-\x7e]|["%]/gu;
/** What `encodeURIComponent` leaves and RFC 8187 does not. */
const NOT_ATTRIBUTE = /['()*]/g;

/**
 * `Content-Disposition` by RFC 6266: a file of a harmless type is shown, any other saved. The name may hold anything;
 * it becomes the name of a file without a path.
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
