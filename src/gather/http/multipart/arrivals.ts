import type { Readable } from 'node:stream';
import { type ArrivedFile, FileUpload } from '../incoming-file.ts';
import { Arrival, outOfOrder } from './arrival.ts';

/**
 * The files of a body, each handed to whoever asks for it. They come one after another: a large one keeps those behind
 * it from coming. One that nobody has asked for passes as soon as somebody waits for a later one.
 */
export class Arrivals {
  /** Is told of each piece of a file that is read. */
  onPiece: () => void = () => {};
  readonly #wanted = new Map<string, PromiseWithResolvers<ArrivedFile>>();
  /** In the order in which they came. */
  readonly #here = new Set<Arrival>();
  /** Fields that were asked for, or have passed. */
  readonly #gone = new Set<string>();
  #failure: Error | undefined;

  /** A file that may not be here yet, by the field of the form that it comes in. */
  toFile(field: string): FileUpload {
    return new FileUpload(() => this.#take(field));
  }

  /** Takes note of the next file. */
  arrive(field: string, name: string, stream: Readable): void {
    const arrival = new Arrival(field, name, stream, {
      onPiece: () => this.onPiece(),
      onLeft: () => this.#handOut(),
    });
    stream.once('close', () => this.#here.delete(arrival));
    this.#here.add(arrival);
    if (this.#failure) arrival.fail(this.#failure);
    else if (this.#gone.has(field) && !this.#wanted.has(field)) arrival.pass();
    else this.#handOut();
  }

  /** Fails all who wait for a file or read one, now or later. The first failure counts. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#wanted.values()) reject(this.#failure);
    this.#wanted.clear();
    for (const arrival of this.#here) arrival.fail(this.#failure);
  }

  async #take(field: string): Promise<ArrivedFile> {
    if (this.#gone.has(field)) throw outOfOrder();
    if (this.#failure) throw this.#failure;
    this.#gone.add(field);
    const wanted = Promise.withResolvers<ArrivedFile>();
    this.#wanted.set(field, wanted);
    this.#handOut();
    return wanted.promise;
  }

  #handOut(): void {
    for (const arrival of this.#here) {
      this.#wanted.get(arrival.field)?.resolve(arrival);
      this.#wanted.delete(arrival.field);
    }
    if (this.#wanted.size > 0) this.#makeWay();
  }

  /** Files still wanted come after those that are here. */
  #makeWay(): void {
    for (const arrival of this.#here) {
      if (this.#gone.has(arrival.field) && !arrival.isLeft) continue;
      this.#gone.add(arrival.field);
      arrival.pass();
    }
  }
}
