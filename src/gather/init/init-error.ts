/** What a person can mend: a directory with something else, a missing file, a step that failed. */
export class InitError extends Error {
  override readonly name = 'InitError';
}
