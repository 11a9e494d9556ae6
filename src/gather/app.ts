import { readFileSync } from 'node:fs';
import { type EnumTypeDefinitionNode, Kind, parse } from 'graphql';
import type { TableName } from './database/schema.ts';
import type { AppMigration } from './database/schemas.ts';
import type { AppDefinitions } from './database/tables.ts';
import { engineSchedules, engineTasks } from './engine-tasks.ts';
import type { Download } from './files/file-route.ts';
import type { Attachments } from './files/files.ts';
import { ENGINE_TYPES, type TypeRegistry } from './graphql/types.ts';
import type { Schedule } from './jobs/schedules.ts';
import type { RunnableTask } from './jobs/task.ts';
import type { LoaderMakers, RowLoaderKeys } from './loaders/index.ts';
import type { ServiceDefinitions } from './services/define-service.ts';
import type { SettingsShape } from './settings.ts';
import type { OnStep } from './step.ts';
import { Roles } from './viewer.ts';

/** How the types of the SDL are resolved, by their names and those of their fields. */
type AppResolvers = Readonly<Record<string, object>>;

/** Fills an empty database. `signal` ends the connection, and with it whatever is not committed. */
export type Seed = (databaseUrl: string, options: { onStep?: OnStep; signal?: AbortSignal }) => Promise<void>;

/** An account to try, in development. */
export interface SampleUser {
  email: string;
  name: string;
  role: string;
}

/** Example services that are running. */
export interface RunningExamples {
  /** Where each of them is, by its name. */
  urls: Readonly<Record<string, string>>;
  /** Ends at once, requests under way included. */
  close(): Promise<void>;
}

/** Where example services listen, and which of them. */
export interface ExamplesOptions {
  /** The first takes this port, the others the next ones. @default any that are free */
  firstPort?: number;
  /** @default 127.0.0.1 */
  host?: string;
  /** @default all of them */
  names?: readonly string[];
}

/** What an application is: one declaration, from which server, worker, commands and tests are built. */
export interface AppDefinition {
  /** As people call it. */
  name: string;
  /** The SDL: `new URL('../schema.graphql', import.meta.url)`. */
  schema: URL;
  /** What `npm run codegen` found in the migrated database. */
  database?: { tables: AppDefinitions; rowLoaders: RowLoaderKeys };
  /** Which type of the SDL is which table. */
  types?: TypeRegistry;
  resolvers: AppResolvers;
  /** Its own, besides those of rows by their keys and of pages. */
  loaders?: LoaderMakers;
  services?: ServiceDefinitions;
  tasks?: readonly RunnableTask[];
  schedules?: readonly Schedule[];
  /** By their names, in the order of these. */
  migrations?: Readonly<Record<string, AppMigration>>;
  seed?: Seed;
  /** What `seed` writes, in a line of help. */
  sampleData?: string;
  /** Ways in which files can be attached to its rows. */
  attachments?: Attachments;
  /** Routes of files besides `/files`, by the first segment of their paths. */
  downloads?: Readonly<Record<string, Download>>;
  documents?: {
    /** The trusted documents by their IDs, as `npm run codegen` writes them. */
    manifest?: URL;
    /** The tabs that GraphiQL opens with. */
    tabs?: readonly { query: string; variables?: string }[];
  };
  /** Its settings, read from the environment. */
  settings?: SettingsShape;
  /** Accounts to try, made by `start` on the embedded database. */
  sampleUsers?: readonly SampleUser[];
  /** Starts examples of services whose URLs are not set. */
  startExamples?(options: ExamplesOptions): Promise<RunningExamples>;
  /** A first query that shows what it can do, for `start`. */
  firstQuery?: string;
}

/** An application as the engine runs it. */
export interface App extends Omit<Required<AppDefinition>, OptionalParts>, Pick<AppDefinition, OptionalParts> {
  /** The text of its SDL. */
  sdl: string;
  roles: Roles;
  /** Tables by types, the engine's too. */
  tableOf(type: string): TableName | undefined;
}

type OptionalParts = 'seed' | 'sampleData' | 'documents' | 'startExamples' | 'firstQuery';

/**
 * Defines an application. What it does not give it has not, but for the engine's own tasks and schedules, which come
 * with every application.
 * @throws where the SDL cannot be read, or has no `enum Role`
 */
export function defineApp(definition: AppDefinition): App {
  const sdl = readFileSync(definition.schema, 'utf8');
  const types = { ...ENGINE_TYPES, ...definition.types };
  return {
    loaders: {},
    services: {},
    attachments: {},
    downloads: {},
    migrations: {},
    settings: {},
    sampleUsers: [],
    ...definition,
    database: definition.database ?? { tables: {} as AppDefinitions, rowLoaders: {} },
    types,
    tasks: [...(definition.tasks ?? []), ...engineTasks],
    schedules: [...(definition.schedules ?? []), ...engineSchedules],
    sdl,
    roles: new Roles(readRoles(sdl)),
    tableOf: (type) => (Object.hasOwn(types, type) ? types[type as keyof typeof types] : undefined),
  };
}

function readRoles(sdl: string): string[] {
  const role = parse(sdl).definitions.find(
    (it): it is EnumTypeDefinitionNode => it.kind === Kind.ENUM_TYPE_DEFINITION && it.name.value === 'Role',
  );
  return role?.values?.map(({ name }) => name.value) ?? [];
}
