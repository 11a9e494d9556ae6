import type { Brought } from '../database/database.ts';
import type { TableName } from '../database/schema.ts';

/** What a field asks for by the columns of its row. */
export interface Lead {
  /** The name of the loader, among those of a request. */
  readonly loader: string;
  /** What the loader brings. */
  readonly rows: TableName | null;
}

/** The name of the loader of a table's rows by a unique key. */
export function rowLoaderName(table: TableName, columns: readonly string[]): string {
  return `${table} ${columns}`;
}

/** The name of the loader of the values of a service. */
export function serviceValuesName(service: string, operation: string): string {
  return `${service}.${operation}`;
}

/** Which loaders the fields of an operation ask, by the tables of the rows that bring the keys. */
export class Leads {
  readonly #leads = new Map<TableName, Set<Lead>>();
  /** The loaders that fields of each table's rows ask, and fields of the rows that they lead to. */
  readonly #reaches = new Map<TableName, ReadonlySet<string>>();
  #isOpen = false;

  /** Adds the leads of a selected field of a table's rows. */
  add(table: TableName, leads: readonly Lead[]): void {
    const known = this.#leads.get(table) ?? new Set();
    this.#leads.set(table, known);
    for (const lead of leads) known.add(lead);
  }

  /** A field may ask any loader, with keys of any rows. */
  addAny(): void {
    this.#isOpen = true;
  }

  /** Whether fields may ask the loader once these rows are there: false only if it is known that they do not. */
  mayLead(rows: Brought, loader: string): boolean {
    if (rows === null) return false;
    return this.#isOpen || rows === undefined || this.#reachOf(rows).has(loader);
  }

  #reachOf(table: TableName): ReadonlySet<string> {
    let reach = this.#reaches.get(table);
    if (!reach) {
      reach = this.#follow(table, new Set(), new Set());
      this.#reaches.set(table, reach);
    }
    return reach;
  }

  #follow(table: TableName, loaders: Set<string>, followed: Set<TableName>): Set<string> {
    if (followed.has(table)) return loaders;
    followed.add(table);
    for (const { loader, rows } of this.#leads.get(table) ?? []) {
      loaders.add(loader);
      if (rows) this.#follow(rows, loaders, followed);
    }
    return loaders;
  }
}
