const MAX_LENGTH = 100;

/** What a client sent, as a message quotes it: shortened, and in quotes. */
export function shown(text: string): string {
  return JSON.stringify(text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text);
}
