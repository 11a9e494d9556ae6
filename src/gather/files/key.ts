const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text is a key: a UUID as `randomUUID` writes it. */
export function isKey(text: string): boolean {
  return UUID.test(text);
}

/** @throws Error if a text is not a key: stores use keys in paths */
export function assertKey(text: string): void {
  if (!isKey(text)) throw new Error(`Expected a UUID in lower case for a key, got ${JSON.stringify(text)}.`);
}
