/** Removes from a text what must not leave the process. */
export type Hide = (text: string) => string;

const HIDDEN = '…';
/** A shorter value is part of ordinary words. */
const MIN_LENGTH = 4;

/**
 * Creates a function that removes these values from a text, such as the variables of an operation from the message of
 * its fault. Nested values are found too, and the host names of URLs. Nothing is collected before the first call.
 */
export function hideValues(toValues: () => unknown): Hide {
  let values: readonly string[] | undefined;
  return (text) => {
    values ??= [...new Set(textsIn(toValues()))].sort((a, b) => b.length - a.length);
    return values.reduce((rest, value) => (value.length > rest.length ? rest : rest.replaceAll(value, HIDDEN)), text);
  };
}

function* textsIn(value: unknown): Generator<string, void, void> {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) yield* textsIn(part);
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    const text = `${value}`;
    if (text.length < MIN_LENGTH) return;
    yield text;
    const { hostname = '' } = URL.parse(text) ?? {};
    if (hostname.length >= MIN_LENGTH) yield hostname;
  }
}
