/**
 * What the types of the engine know of the application. An application adds its own by augmenting this interface:
 *
 * ```ts
 * declare module 'gather' {
 *   interface Register { tables: Tables; services: typeof services; loaders: typeof loaders }
 * }
 * ```
 *
 * - `tables`: the tables as Kysely types them, `definitions` and `rowLoaders`: what is known of them (generated)
 * - `errorCode`, `role`: the values of `enum ErrorCode` and `enum Role` of the SDL (generated)
 * - `services`, `loaders`, `settings`: those that `defineApp` is given
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface Register {}

/** What the application has added under a name, or else the default. */
export type Registered<Name extends string, Default> =
  Register extends Readonly<Record<Name, infer Added>> ? Added : Default;
