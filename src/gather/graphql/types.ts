import type { TableName } from '../database/schema.ts';
import type { Registered } from '../register.ts';

/** The table behind each type of the SDL that has one. */
export type TypeRegistry = Readonly<Record<string, TableName>>;

type AppTypes = Registered<'types', Readonly<Record<never, never>>>;

/** The table behind a type of the application. */
export type TableOfType<Name> = Name extends keyof AppTypes ? AppTypes[Name] : never;

/** The tables of the engine's types. */
export const ENGINE_TYPES = { Job: 'gather.job', StoredFile: 'gather.file' } as const satisfies TypeRegistry;
