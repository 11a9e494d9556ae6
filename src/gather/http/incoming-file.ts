/** A file that has begun to arrive. Dispose of it: the next file of the request may be waiting for that. */
export interface ArrivedFile extends Disposable {
  /** The sender's name for it, for display only; never a path. Empty if the sender gave none. */
  readonly name: string;
  /** Can be read once. Bytes that are not read are not pulled from the sender. */
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A file of a multipart request. A class, so that no JSON value can pass for one. */
export class FileUpload {
  /** Waits until the file begins to arrive. @throws INVALID_INPUT if it was skipped or opened before */
  readonly open: () => Promise<ArrivedFile>;

  constructor(open: () => Promise<ArrivedFile>) {
    this.open = open;
  }
}
