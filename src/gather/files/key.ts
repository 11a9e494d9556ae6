const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text is a key, as `randomUUID` makes them. */
export function isKey(text: string): boolean {
  return UUID.test(text);
}

/** Throws where a text is no key: a store makes paths of keys. */
export function assertKey(text: string): void {
  if (!isKey(text)) throw new Error(`Expected a UUID in lower case for a key, got ${JSON.stringify(text)}.`);
}
