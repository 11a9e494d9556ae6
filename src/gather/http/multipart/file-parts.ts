import type { Readable } from 'node:stream';
import { type ArrivedFile, FileUpload } from '../incoming-file.ts';
import { FilePart, outOfOrder } from './file-part.ts';

/**
 * Matches the file parts of a body with the resolvers that open them. Parts arrive one after another: each must be read
 * or skipped before the next. A part that nobody has opened is skipped as soon as a later one is waited for.
 */
export class FileParts {
  /** Called for each chunk of a file that is read. */
  onChunk: () => void = () => {};
  readonly #awaited = new Map<string, PromiseWithResolvers<ArrivedFile>>();
  /** Parts that have begun to arrive, in order. */
  readonly #arrived = new Set<FilePart>();
  /** Fields that were opened or skipped. */
  readonly #used = new Set<string>();
  #failure: Error | undefined;

  /** The file of a form field, which need not have arrived yet. */
  toFile(field: string): FileUpload {
    return new FileUpload(() => this.#open(field));
  }

  /** Adds the next part. */
  add(field: string, name: string, stream: Readable): void {
    const part = new FilePart(field, name, stream, {
      onChunk: () => this.onChunk(),
      onDisposed: () => this.#match(),
    });
    stream.once('close', () => this.#arrived.delete(part));
    this.#arrived.add(part);
    if (this.#failure) part.fail(this.#failure);
    else if (this.#used.has(field) && !this.#awaited.has(field)) part.skip();
    else this.#match();
  }

  /** Fails everybody who waits for a file or reads one, now or later. The first failure counts. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#awaited.values()) reject(this.#failure);
    this.#awaited.clear();
    for (const part of this.#arrived) part.fail(this.#failure);
  }

  async #open(field: string): Promise<ArrivedFile> {
    if (this.#used.has(field)) throw outOfOrder();
    if (this.#failure) throw this.#failure;
    this.#used.add(field);
    const awaited = Promise.withResolvers<ArrivedFile>();
    this.#awaited.set(field, awaited);
    this.#match();
    return awaited.promise;
  }

  /** Hands the parts that have arrived to those who wait for them. */
  #match(): void {
    for (const part of this.#arrived) {
      this.#awaited.get(part.field)?.resolve(part);
      this.#awaited.delete(part.field);
    }
    if (this.#awaited.size > 0) this.#skipUnused();
  }

  /** Parts still awaited come after those that have arrived. */
  #skipUnused(): void {
    for (const part of this.#arrived) {
      if (this.#used.has(part.field) && !part.isDone) continue;
      this.#used.add(part.field);
      part.skip();
    }
  }
}
