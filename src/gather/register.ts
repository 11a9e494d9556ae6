/**
 * The application's types, as the engine's types see them. An application augments this interface:
 *
 * ```ts
 * declare module 'gather' {
 *   interface Register { tables: Tables; services: typeof services; loaders: typeof loaders }
 * }
 * ```
 *
 * - `tables`: the tables as Kysely types, `definitions` and `rowLoaders`: their metadata (generated)
 * - `resolvers`, `schemaTypes`, `types`: the resolvers, types and inputs of the SDL, and the tables of its types (generated)
 * - `errorCode`, `role`: the values of `enum ErrorCode` and `enum Role` of the SDL (generated)
 * - `services`, `loaders`, `settings`: those passed to `defineApp`
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it
export interface Register {}

/** What the application has registered under a name, or else the default. */
export type Registered<Name extends string, Default> =
  Register extends Readonly<Record<Name, infer Added>> ? Added : Default;
