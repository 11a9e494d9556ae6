/** What stands in the place of a secret. */
const HIDDEN = '…';

/** A shorter one is a part of ordinary words. */
const MIN_LENGTH = 8;

/** What is secret by the look of it. They take no quotes and no backslashes: a line of JSON stays one. */
const SECRETS: readonly [RegExp, string][] = [
  // The user and the password in a URL.
  [/:\/\/[^\s"'\\/@]*@/g, `://${HIDDEN}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]+/gi, `$1 ${HIDDEN}`],
  [
    /(password|passwd|secret|token|session|cookie|authorization|signature|api[_-]?key)((?:\\*["'])?\s*[=:]\s*(?:\\*["'])?)(?!(?:bearer|basic)\b)[^\s"'\\,;&})]+/gi,
    `$1$2${HIDDEN}`,
  ],
  // A JWT.
  [/(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g, HIDDEN],
  // The tokens of uploads and of sessions.
  [/(\/uploads\/|gather_)[\w-]{20,}/g, `$1${HIDDEN}`],
];

/** Makes what hides secrets in a line of the log: these, and what looks like one. */
export function createRedaction(secrets: readonly string[] = []): (line: string) => string {
  const known = [...new Set(secrets.flatMap(spellings))].filter(({ length }) => length >= MIN_LENGTH);
  return (line) => {
    const without = known.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line);
    return SECRETS.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), without);
  };
}

/** As it is, as in a URL, and as in a line of JSON. */
function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
}
