import type DataLoader from 'dataloader';
import { rowLoaders as engineRowLoaders } from '../database/engine-tables.generated.ts';
import { type KeyValue, toKey } from '../database/key.ts';
import type { ParentList } from '../database/parent-pages.ts';
import type { TableName } from '../database/schema.ts';
import type { Row } from '../database/table-definition.ts';
import { isOfEngine } from '../database/tables.ts';
import { lazily } from '../lazy.ts';
import type { Registered } from '../register.ts';
import type { LoaderSource } from './batch.ts';
import { keyByFileId } from './key-by-file-id.ts';
import { lastJobBySchedule } from './last-job-by-schedule.ts';
import { rowLoaderName, serviceValuesName } from './leads.ts';
import { ParentPages } from './parent-pages.ts';
import { createRowByKey } from './row-by-key.ts';
import { RowCache } from './row-cache.ts';
import type { RowLoader } from './row-loader.ts';
import { ServiceValues } from './service-values.ts';

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
  /**
   * The rows that were read. Add those that are read without a loader, so that no loader reads them again; a list that is
   * added must not be changed afterwards.
   */
  readonly known: RowCache;
  /** The rows of a table by a unique key. */
  rowsBy<T extends TableName>(table: T, columns: readonly string[]): RowLoader<Row<T>>;
  /** The rows behind a type that implements Node, by their keys; undefined for any other type. */
  ofType(type: string): DataLoader<KeyValue, object, unknown> | undefined;
  /** The values of an operation that the service's `bulk` declares. */
  ofService(service: string, operation: string): ServiceValues;
  /**
   * The lists of a field for each parent: one loader for equal shapes of its arguments.
   * @param args all rows of a level have the same object
   * @param toList is called for arguments that are new
   */
  listsOf(field: string, args: object, toList: () => ListOfParents): ParentPages<TableName>;
}

interface ListOfParents {
  /** The same for arguments whose lists are read in one statement. */
  shape: string;
  list: ParentList<TableName>;
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

/** What the named loaders of a request are created from. */
interface Unfinished extends Pick<SharedLoaders, 'rowsBy'> {
  source: LoaderSource;
}

/** Loaders are created on first use, so that a request pays only for those that it uses. */
export function loadersFrom({ factories, rowLoaders: appRowLoaders, nodeTypes }: LoadersConfig): CreateLoaders {
  const keys: RowLoaderKeys = { ...engineRowLoaders, ...appRowLoaders };
  const names = new Map(
    Object.entries(keys).map(([name, [table, ...columns]]) => [rowLoaderName(table, columns), name]),
  );
  const createNamed = lazily<Unfinished, object>({
    ...mapValues(
      keys,
      ([table, ...columns]) =>
        ({ rowsBy }: Unfinished) =>
          rowsBy(table, columns).loader,
    ),
    ...mapValues(
      { ...engineLoaders, ...factories },
      (make) =>
        ({ source }: Unfinished) =>
          make(source),
    ),
  });

  return (given) => {
    const known = new RowCache();
    const source: LoaderSource = { ...given, known };
    const sourceOf = (table: TableName) =>
      isOfEngine(table) ? { ...source, database: source.database.asServer } : source;
    const created = new Map<string, unknown>();
    const lists = new Map<object, ParentPages<TableName>>();
    const once = <T>(key: string, create: () => unknown): T => {
      if (!created.has(key)) created.set(key, create());
      return created.get(key) as T;
    };
    const rowsBy: SharedLoaders['rowsBy'] = (table, columns) => {
      const key = rowLoaderName(table, columns);
      const { [table]: definition } = source.database.definitions;
      return once(key, () => createRowByKey(names.get(key) ?? key, sourceOf(table), definition, toKey(columns)));
    };
    const shared: SharedLoaders = {
      known,
      rowsBy,
      ofType: (type) => {
        const table = nodeTypes.get(type);
        return table && rowsBy(table, given.database.definitions[table].key).loader;
      },
      ofService: (service, operation) =>
        once(serviceValuesName(service, operation), () => new ServiceValues(source, { service, operation })),
      listsOf: (field, args, toList) => {
        const known = lists.get(args);
        if (known) return known;
        const { shape, list } = toList();
        const found = once<ParentPages<TableName>>(
          `${field} ${shape}`,
          // Pairs are a table of the application, with policies of its own.
          () => new ParentPages(list.pairs ? source : sourceOf(list.definition.name), list),
        );
        lists.set(args, found);
        return found;
      },
    };
    return Object.assign(createNamed({ rowsBy, source }) as Loaders, shared);
  };
}

function mapValues<Value, Result>(
  values: Readonly<Record<string, Value>>,
  toResult: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toResult(value)]));
}
