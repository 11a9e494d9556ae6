import type { TableName } from '../database/schema.ts';

/** The table of the rows that something brings; null if it brings none, undefined if that is not known. */
export type Brought = TableName | null | undefined;

/** What a field asks for by the columns of its row. */
export interface Lead {
  /** The name of the loader, among those of a request. */
  readonly loader: string;
  /** What the loader brings. */
  readonly rows: TableName | null;
}

/** The selected fields of a table's rows. */
interface Fields {
  readonly leads: Set<Lead>;
  /** Whether one of them may ask any loader: it has a resolver of the application. */
  isOpen: boolean;
}

/** The same, with the fields of the rows that they lead to. */
interface Reach {
  readonly loaders: Set<string>;
  isOpen: boolean;
}

/** The name of the loader of a table's rows by a unique key. */
export function rowLoaderName(table: TableName, columns: readonly string[]): string {
  return `${table} ${columns}`;
}

/** The name of the loader of the values of a service. */
export function serviceValuesName(service: string, operation: string): string {
  return `${service}.${operation}`;
}

/** The name of the loader that counts the rows of lists. */
export function countsName(list: string): string {
  return `${list}.totalCount`;
}

/** Which loaders the fields of an operation ask, by the tables of the rows that bring the keys. */
export class Leads {
  readonly #tables = new Map<TableName, Fields>();
  readonly #reaches = new Map<TableName, Reach>();

  /** Adds a selected field. @param leads undefined if the field may ask any loader */
  add(table: TableName, leads: readonly Lead[] | undefined): void {
    const known = this.#tables.get(table) ?? { leads: new Set(), isOpen: false };
    this.#tables.set(table, known);
    if (!leads) known.isOpen = true;
    for (const lead of leads ?? []) known.leads.add(lead);
  }

  /** Whether fields are known to ask the loader once these rows are there. */
  lead(rows: Brought, loader: string): boolean {
    return rows != null && this.#reachOf(rows).loaders.has(loader);
  }

  /** The same, if it is not known that they do not. */
  mayLead(rows: Brought, loader: string): boolean {
    if (rows == null) return rows === undefined;
    const { loaders, isOpen } = this.#reachOf(rows);
    return isOpen || loaders.has(loader);
  }

  #reachOf(table: TableName): Reach {
    let reach = this.#reaches.get(table);
    if (!reach) {
      reach = { loaders: new Set(), isOpen: false };
      this.#follow(table, reach, new Set());
      this.#reaches.set(table, reach);
    }
    return reach;
  }

  #follow(table: TableName, reach: Reach, followed: Set<TableName>): void {
    if (followed.has(table)) return;
    followed.add(table);
    const fields = this.#tables.get(table);
    reach.isOpen ||= fields?.isOpen ?? false;
    for (const { loader, rows } of fields?.leads ?? []) {
      reach.loaders.add(loader);
      if (rows) this.#follow(rows, reach, followed);
    }
  }
}
