import type DataLoader from 'dataloader';
import { Connection, type PageSource } from '../database/connection.ts';
import type { Page } from '../database/page.ts';
import { pairOf } from '../database/pairs.ts';
import { countByParent, countsName, type Parent, type ParentList, readParentPages } from '../database/parent-pages.ts';
import { cursorOf, toPositions } from '../database/positions.ts';
import type { Schema } from '../database/schema.ts';
import { loads } from '../monitoring/channels.ts';
import { createLoader, type LoaderSource } from './batch.ts';
import { endOf, NextBatch } from './next-batch.ts';

/** The rows of one parent, as they were asked for. */
interface Asked {
  parent: Parent;
  found: readonly object[] | Error;
  /** The end of its batch. */
  end: Promise<void> | undefined;
}

const NONE: readonly object[] = [];

/**
 * Loads the list of each parent. One statement reads the pages of all parents, of any size; another one counts their rows.
 */
export class ParentPages<T extends keyof Schema> {
  readonly #source: LoaderSource;
  readonly #list: ParentList<T>;
  readonly #next: NextBatch<Asked>;
  #counts: DataLoader<string, number, unknown> | undefined;
  /** By the most rows to read of each parent. */
  readonly #pages = new Map<number | null, PageSource<object, string>>();

  /** @throws INVALID_INPUT if a cursor is from another order */
  constructor(source: LoaderSource, list: ParentList<T>) {
    const { definition, order, bounds } = list;
    // Refuses a cursor before anything is read.
    toPositions(definition, order, bounds);
    this.#source = source;
    this.#list = list;
    this.#next = this.#createBatches();
  }

  /** A page of the parents with these texts of their keys, within the bounds of the list. */
  of(parents: readonly string[], page: Page): Connection<object>[] {
    const source = this.#sourceOf(page.size + 1);
    return parents.map((id) => new Connection<object>(page, source, id));
  }

  /** All rows of each parent, or the error. */
  async allOf(parents: readonly string[]): Promise<(readonly object[] | Error)[]> {
    const { load, find } = this.#sourceOf(null);
    await endOf(new Set(parents.map(load)));
    return parents.map(find);
  }

  #sourceOf(limit: number | null): PageSource<object, string> {
    let source = this.#pages.get(limit);
    if (!source) {
      source = this.#createSource(limit);
      this.#pages.set(limit, source);
    }
    return source;
  }

  #createSource(limit: number | null): PageSource<object, string> {
    const { name, order, pairs } = this.#list;
    const all = new Map<string, Asked>();
    const ask = (id: string): Promise<void> => {
      const asked: Asked = { parent: { id, limit }, found: NONE, end: undefined };
      asked.end = this.#next.add(asked);
      all.set(id, asked);
      return asked.end;
    };
    return {
      load: (id) => {
        const end = all.get(id)?.end;
        if (loads.hasSubscribers) loads.publish({ loader: name, isHit: end !== undefined, cache: this.#next });
        return end ?? ask(id);
      },
      find: (id) => all.get(id)?.found ?? NONE,
      cursorOf: (row) => cursorOf(order, row),
      ...(pairs && { propertiesOf: (row) => pairOf(pairs, row) }),
      count: (id) => {
        this.#counts ??= this.#createCounts();
        return this.#counts.load(id);
      },
    };
  }

  #createCounts(): DataLoader<string, number, unknown> {
    const { database } = this.#source;
    const list = this.#list;
    const load = (parents: readonly string[]) => countByParent(database, list, parents);
    return createLoader(countsName(list.name), this.#source, load, { rows: null });
  }

  #createBatches(): NextBatch<Asked> {
    const { database, columns, known, schedule } = this.#source;
    const list = this.#list;
    const { name } = list.definition;
    return new NextBatch({
      name: list.name,
      batch: { loader: list.name, rows: name },
      schedule,
      load: async (asked) => {
        const parents = asked.map(({ parent }) => parent);
        const found = await readParentPages(database, list, columns[name], parents);
        asked.forEach((it, index) => {
          const rows = found[index] ?? NONE;
          it.found = rows;
          known.add(name, rows);
        });
      },
      fail: (asked, error) => {
        for (const it of asked) it.found = error;
      },
    });
  }
}
