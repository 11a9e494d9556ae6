import type DataLoader from 'dataloader';
import { rowLoaders as engineRowLoaders } from '../database/engine-tables.generated.ts';
import { type KeyValue, toKey } from '../database/key.ts';
import type { ParentList } from '../database/parent-pages.ts';
import type { TableName } from '../database/schema.ts';
import type { Row } from '../database/table-definition.ts';
import type { Registered } from '../register.ts';
import type { LoaderSource } from './batch.ts';
import { keyByFileId } from './key-by-file-id.ts';
import { lastJobBySchedule } from './last-job-by-schedule.ts';
import { createParentPages, type ParentPages } from './parent-pages.ts';
import { createRowByKey } from './row-by-key.ts';
import { RowCache } from './row-cache.ts';

/** Creates a loader for one request. */
// biome-ignore lint/suspicious/noExplicitAny: each has its own keys and values
type LoaderFactory = (source: LoaderSource) => DataLoader<any, any, any>;

/** Functions that create loaders, by name. */
export type LoaderFactories = Readonly<Record<string, LoaderFactory>>;

/** The table and the column, or columns, of each row loader, by name. */
export type RowLoaderKeys = Readonly<Record<string, readonly [table: TableName, ...columns: string[]]>>;

/** The engine's own loaders, except row loaders. */
const engineLoaders = { keyByFileId, lastJobBySchedule };

type Keys = Registered<'rowLoaders', Empty> & typeof engineRowLoaders;
type Empty = Readonly<Record<never, never>>;

type RowLoaders = {
  readonly [Name in keyof Keys]: Keys[Name] extends readonly [infer Table extends TableName, ...string[]]
    ? DataLoader<KeyValue, Row<Table>, unknown>
    : never;
};

type OwnLoaders<Factories> = {
  readonly [Name in keyof Factories]: Factories[Name] extends (source: LoaderSource) => infer Loader ? Loader : never;
};

/** Every loader, by name, and the rows that are loaded already. */
export type Loaders = RowLoaders &
  OwnLoaders<typeof engineLoaders> &
  OwnLoaders<Registered<'loaders', Empty>> &
  SharedLoaders;

interface SharedLoaders {
  /** The rows that were read. Add those that are read without a loader, so that no loader reads them again. */
  readonly known: RowCache;
  /** The rows of a table by a unique key: the value of its column, or the text of its columns. */
  rowsBy<T extends TableName>(table: T, columns: readonly string[]): DataLoader<KeyValue, Row<T>, unknown>;
  /** The rows behind a type that implements Node, by their keys; undefined for any other type. */
  ofType(type: string): DataLoader<KeyValue, object, unknown> | undefined;
  /** Pages of a list that each parent has. */
  pagesOf<T extends TableName>(name: string, list: ParentList<T>): ParentPages<Row<T>>;
}

/** Creates the loaders of one request. */
export type CreateLoaders = (given: Omit<LoaderSource, 'known'>) => Loaders;

interface LoadersConfig {
  factories: LoaderFactories;
  /** The application's row loaders. */
  rowLoaders: RowLoaderKeys;
  /** The tables of the types that implement Node. */
  nodeTypes: ReadonlyMap<string, TableName>;
}

/** Loaders are created on first use, so that a request pays only for those that it uses. */
export function loadersFrom({ factories, rowLoaders: appRowLoaders, nodeTypes }: LoadersConfig): CreateLoaders {
  const keys: RowLoaderKeys = { ...engineRowLoaders, ...appRowLoaders };
  const names = new Map(Object.entries(keys).map(([name, [table, ...columns]]) => [`${table} ${columns}`, name]));
  const all: LoaderFactories = {
    ...Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, toRowLoader(name, key)])),
    ...engineLoaders,
    ...factories,
  };
  const prototype = Object.defineProperties(
    {},
    Object.fromEntries(Object.entries(all).map(([name, make]) => [name, { get: toGetter(name, make) }])),
  );

  return (given) => {
    const known = new RowCache();
    const source: LoaderSource = { ...given, known };
    const pages = new Map<string, unknown>();
    const shared: SharedLoaders = {
      known,
      rowsBy: (table, columns) => Reflect.get(loaders, names.get(`${table} ${columns}`) ?? ''),
      ofType: (type) => {
        const table = nodeTypes.get(type);
        return table && loaders.rowsBy(table, given.database.definitions[table].key);
      },
      pagesOf: (name, list) => {
        // Two types may have lists of the same name.
        const key = `${name} ${list.table} ${list.parent} ${list.direction}`;
        if (!pages.has(key)) pages.set(key, createParentPages(name, source, list));
        return pages.get(key) as ReturnType<SharedLoaders['pagesOf']> as never;
      },
    };
    const loaders: Loaders = Object.assign(Object.create(prototype, { source: { value: source } }), shared);
    return loaders;
  };
}

function toRowLoader(name: string, [table, ...columns]: RowLoaderKeys[string]): LoaderFactory {
  return (source) => rowLoader(name, source, table, columns);
}

function rowLoader<T extends TableName>(name: string, source: LoaderSource, table: T, columns: readonly string[]) {
  return createRowByKey<T>(name, source, source.database.definitions[table], toKey(columns));
}

function toGetter(name: string, make: LoaderFactory) {
  return function (this: { source: LoaderSource }) {
    const value = make(this.source);
    Object.defineProperty(this, name, { value });
    return value;
  };
}
