/** A file that has begun to arrive. Dispose of it: the next one of the same request may wait for that. */
export interface ArrivedFile extends Disposable {
  /** As its sender calls it: shown, and never a path. Empty where its sender calls it nothing. */
  readonly name: string;
  /** To be read once. What is not read stays with the sender. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A file that is on its way in. A class, so that no JSON passes for one. */
export class FileUpload {
  /** Waits until the file begins to arrive. @throws INVALID_INPUT where it has passed, or was taken before */
  readonly open: () => Promise<ArrivedFile>;

  constructor(open: () => Promise<ArrivedFile>) {
    this.open = open;
  }
}
