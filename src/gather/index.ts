/** The public API of the engine. */

export type { Generated, GeneratedAlways, Selectable } from 'kysely';
export type { Identity, ViewerFrom, ViewerSource } from './accounts/viewer-from.ts';
export {
  type App,
  type AppDefinition,
  defineApp,
  type ExamplesOptions,
  type RunningExamples,
  type SampleUser,
} from './app.ts';
export { call } from './calls.ts';
export type { Context } from './context.ts';
export type {
  BigintColumn,
  Day,
  Decimal,
  GlobalId,
  Id,
  IntegerKey,
  Interval,
  Json,
  JsonColumn,
  KeyText,
  LocalTimestamp,
  Timestamp,
} from './database/column-types.ts';
export type { Columns } from './database/columns.ts';
export type { Connection, Edge } from './database/connection.ts';
export type { Database, TableReference } from './database/database.ts';
export type { FileRow, JobRow } from './database/engine-tables.generated.ts';
export { toGatherError } from './database/errors.ts';
export { isId } from './database/id.ts';
export type { OrderTerm } from './database/order.ts';
export { toPage } from './database/page.ts';
export { readRowsByKey } from './database/rows-by-key.ts';
export type { AppMigration } from './database/schemas.ts';
export { openSession } from './database/session.ts';
export { param } from './database/statement.ts';
export { type TableDefinitions, toColumns, toList } from './database/table-definition.ts';
export { createTables, type Tables } from './database/tables.ts';
export type { Where } from './database/where.ts';
export { type ErrorCode, GatherError, isOfUpstream } from './errors.ts';
export { createCreateUpload } from './files/createUpload.ts';
export { SENT_COLUMNS } from './files/download.ts';
export { type Download, FILE_KEY } from './files/file-route.ts';
export type { Attachment } from './files/files.ts';
export { isImage } from './files/image-types.ts';
export { createUploadFile, type PlaceFile } from './files/uploadFile.ts';
export type { NewUpload } from './files/uploads.ts';
export { toRowId } from './global-id.ts';
export {
  belongsTo,
  connectionOf,
  defineType,
  findBy,
  fromService,
  hasMany,
  manyToMany,
} from './graphql/define-type.ts';
export { isStreamed } from './graphql/execution/info.ts';
export { amount, idOf, many, price, text } from './graphql/inputs.ts';
export { defineWhere } from './graphql/lists/define-where.ts';
export type { NodeParent } from './graphql/node.ts';
export { assertRange } from './graphql/range.ts';
export { reads } from './graphql/reads.ts';
export type { RowLevelSecurity } from './graphql/row-level-security.ts';
export { findRow } from './graphql/rows.ts';
export { runMutation } from './graphql/run-mutation.ts';
export type { TypeRegistry } from './graphql/types.ts';
export type { FileUpload } from './http/incoming-file.ts';
export { defineSchedule, type Schedule } from './jobs/schedules.ts';
export { defineTask } from './jobs/task.ts';
export { createLoader, inKeyOrder, type LoaderSource } from './loaders/batch.ts';
export * from './register.ts';
export type { Bulk } from './services/bulk.ts';
export type { Contract } from './services/contract.ts';
export { defineService } from './services/define-service.ts';
export { UpstreamError } from './services/errors.ts';
export { toPublicUrl } from './services/public-url.ts';
export type { Services } from './services/services.ts';
export { inStep, type OnStep } from './step.ts';
export { defineWork } from './threads/work.ts';
export { ownerOf, PUBLIC, type SignedIn, userOf, type Viewer } from './viewer.ts';
