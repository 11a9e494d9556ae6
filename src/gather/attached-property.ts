/**
 * A property that is attached to objects of others. Use it, and not a `WeakMap`, for objects that live as long as a request
 * or a connection: see docs/decisions/046-requests-die-young.md.
 */
export class AttachedProperty<Owner extends object, Value> {
  readonly #key = Symbol('attached');

  get(owner: Owner): Value | undefined {
    return (owner as Record<symbol, Value | undefined>)[this.#key];
  }

  set(owner: Owner, value: Value): void {
    (owner as Record<symbol, Value | undefined>)[this.#key] = value;
  }
}
