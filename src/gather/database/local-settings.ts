import type pg from 'pg';

/**
 * Settings of PostgreSQL for the statements of one viewer, by which policies of row-level security know them. They are made
 * in the transaction of each statement, by a statement that is sent together with it, and end with that transaction, also
 * if it fails: the next one on the connection does not have them.
 */
export class LocalSettings {
  /** Of the prepared statement; the same for equal numbers of settings. */
  readonly name: string;
  /** Has no rows, so that the first rows are those of the statement that follows. */
  readonly text: string;
  readonly values: readonly (string | null)[];
  readonly #names: readonly string[];
  readonly #isDefault: boolean;
  #defaults: LocalSettings | undefined;

  /** @param settings values by name; null is the setting's default. One of them may be the `role` */
  constructor(settings: Readonly<Record<string, string | null>>) {
    this.#names = Object.keys(settings);
    const calls = this.#names.map((_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, true)`);
    this.name = `gather_settings_${calls.length}`;
    this.text = `select where concat(${calls.join(', ')}) is null`;
    this.values = Object.entries(settings).flat();
    this.#isDefault = Object.values(settings).every((value) => value === null);
  }

  /** The same settings with their defaults. */
  get defaults(): LocalSettings {
    this.#defaults ??= this.#isDefault
      ? this
      : new LocalSettings(Object.fromEntries(this.#names.map((name) => [name, null])));
    return this.#defaults;
  }
}

/** For statements on the engine's tables: the settings have their defaults. */
export const AS_SERVER = Symbol('as server');

/** The settings of the transaction that a connection is in. */
const made = new WeakMap<pg.ClientBase, LocalSettings | undefined>();

/** The settings to make before a statement, which is sent now; undefined if it has what it wants. */
export function settingsToMake(
  client: pg.ClientBase,
  wanted: LocalSettings | typeof AS_SERVER,
): LocalSettings | undefined {
  const isOutside = (client as pg.Client).getTransactionStatus() === 'I';
  const present = isOutside ? undefined : made.get(client);
  const next = wanted === AS_SERVER ? present?.defaults : wanted;
  made.set(client, next);
  return next === present ? undefined : next;
}
