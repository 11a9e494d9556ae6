/** Replaces a secret. */
const REDACTED = '…';

/** A shorter secret may be part of ordinary words. */
const MIN_LENGTH = 8;

/** Patterns of secrets. They match no quotes and no backslashes, so that a line of JSON stays valid. */
const SECRETS: readonly [RegExp, string][] = [
  // The user and the password in a URL.
  [/:\/\/[^\s"'\\/@]*@/g, `://${REDACTED}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${REDACTED}`],
  [
    /(password|passwd|secret|token|session|cookie|authorization|signature|api[_-]?key)((?:\\*["'])?\s*[=:]\s*(?:\\*["'])?)(?!(?:bearer|basic)\b)[^\s"'\\,;&})]+/gi,
    `$1$2${REDACTED}`,
  ],
  // A JWT.
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g, REDACTED],
  // The tokens of uploads and of sessions.
  [/(\/uploads\/|gather_)[\w-]{20,}/g, `$1${REDACTED}`],
];

/** What texts of these patterns contain. Few lines have any: to look for all at once takes less than half of the time. */
const POSSIBLE =
  /:\/\/|bearer|basic|password|passwd|secret|token|session|cookie|authorization|signature|api[_-]?key|eyJ|\/uploads\/|gather_/i;

/** Creates a function that redacts a line of the log: these secrets, and text that looks like one. */
export function createRedaction(secrets: readonly string[] = []): (line: string) => string {
  const known = [...new Set(secrets.flatMap(spellings))].filter(({ length }) => length >= MIN_LENGTH);
  return (line) => {
    const without = known.reduce((text, secret) => text.replaceAll(secret, REDACTED), line);
    if (!POSSIBLE.test(without)) return without;
    return SECRETS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), without);
  };
}

/** A secret as it is, in a URL, and in JSON. */
function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}
