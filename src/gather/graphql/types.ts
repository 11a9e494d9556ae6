import type { TableName } from '../database/schema.ts';
import type { Registered } from '../register.ts';

/** The tables behind types of the SDL, by the types' names: which type is which table. */
export type TypeRegistry = Readonly<Record<string, TableName>>;

type AppTypes = Registered<'types', Readonly<Record<never, never>>>;

/** The table behind a type of the application. */
export type TableOfType<Name> = Name extends keyof AppTypes ? AppTypes[Name] : never;

/** Those of the engine. */
export const ENGINE_TYPES = { Job: 'gather.job', StoredFile: 'gather.file' } as const satisfies TypeRegistry;
