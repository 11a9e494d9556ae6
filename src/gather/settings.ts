import type * as z from 'zod';
import type { Registered } from './register.ts';

/** Settings of an application by name, each read from the environment and checked by its schema. */
export type SettingsShape = Readonly<Record<string, z.ZodType>>;

type Shape = Registered<'settings', Readonly<Record<never, never>>>;

/** The application's settings. */
export type Settings = {
  readonly [Name in keyof Shape]: Shape[Name] extends z.ZodType ? z.output<Shape[Name]> : never;
};
