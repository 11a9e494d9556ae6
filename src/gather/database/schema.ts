import type { ColumnType, Generated, Selectable } from 'kysely';

/** An exact decimal as PostgreSQL writes it: `12.50`. Never a float. */
export type Decimal = string;

/** A `bigint` key, kept as text because it may exceed what a JavaScript number holds exactly. */
export type Id = string;

/**
 * A `timestamptz` in the text that PostgreSQL sends for a session in UTC: `2026-11-21 09:05:00.123456+00`.
 * Text keeps the microseconds, which a `Date` would lose and a cursor needs.
 */
export type Timestamp = string;

/** A day of the calendar, as PostgreSQL and RFC 3339 both write it: `2026-11-21`. */
export type Day = string;

/** A value of a `jsonb` column: parsed when it is read, and written as JSON text, because pg would make arrays of arrays. */
type JsonColumn = ColumnType<Json, string, string>;

/** Any value of JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

type GeneratedId = ColumnType<Id, never, never>;
type SetByDatabase = ColumnType<Timestamp, Timestamp | undefined, Timestamp>;

export interface SupplierTable {
  id: GeneratedId;
  name: string;
  city: string;
  createdAt: SetByDatabase;
}

export type ItemStatus = 'DRAFT' | 'ACTIVE' | 'RETIRED';

export interface ItemTable {
  id: GeneratedId;
  sku: string;
  name: string;
  description: Generated<string>;
  status: Generated<ItemStatus>;
  /** `numeric(12,2)`: PostgreSQL rounds half away from zero to cents on the way in. */
  price: Decimal;
  /** Kilocalories per 100 g; null where nobody measured. */
  calories: number | null;
  supplierId: Id;
  photoId: Id | null;
  /** Grows by one with each change. */
  version: Generated<number>;
  createdAt: SetByDatabase;
  updatedAt: SetByDatabase;
}

export interface CustomerTable {
  id: GeneratedId;
  name: string;
  city: string;
  /** The viewer whose reviews these are; null where it is not known. */
  owner: string | null;
  createdAt: SetByDatabase;
}

export interface ReviewTable {
  id: GeneratedId;
  itemId: Id;
  customerId: Id;
  /** 1 to 5. */
  rating: number;
  text: string;
  createdAt: SetByDatabase;
}

export interface TaskTable {
  id: GeneratedId;
  title: string;
  done: Generated<boolean>;
  createdAt: SetByDatabase;
  completedAt: Timestamp | null;
}

export type JobState = 'PENDING' | 'RUNNING' | 'RETRYING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** Why an attempt failed; the message is fit for a client. */
export interface JobError {
  code: 'TASK_FAILED' | 'TIMED_OUT' | 'WORKER_LOST';
  message: string;
}

/** A job: what its task was given, how far it is, and what it gave. The one truth about it. */
export interface JobTable {
  id: GeneratedId;
  task: string;
  /** Who enqueued it; null where nobody was signed in. */
  owner: string | null;
  state: Generated<JobState>;
  /** 0 to 1. */
  progress: Generated<number>;
  message: string | null;
  input: JsonColumn;
  result: ColumnType<Json, string | null | undefined, string | null>;
  error: ColumnType<JobError | null, string | null | undefined, string | null>;
  /** How many attempts were begun: the number of the present one, which fences its writes. */
  attempt: Generated<number>;
  /** The queue's own id of what it is to deliver: another one for each time that the job is enqueued. */
  deliveryId: string;
  /** No two jobs of a task that are not settled have the same one. */
  uniqueKey: string | null;
  /** Whose turn it takes: the owner's, or that of the user for whom the server enqueued it; empty for nobody's. */
  queuedFor: Generated<string>;
  /** Of the jobs of a task that wait, the one with the least is run next. */
  turn: Generated<number>;
  schedule: string | null;
  /** The tick that it was enqueued for; null where it was enqueued by hand. */
  scheduledAt: Timestamp | null;
  /** Grows by one with each change, by a trigger. */
  version: Generated<number>;
  createdAt: SetByDatabase;
  startedAt: Timestamp | null;
  finishedAt: Timestamp | null;
}

type OrderStatus = 'PLACED' | 'PREPARING' | 'READY';

interface OrderTable {
  id: GeneratedId;
  owner: string | null;
  clientMutationId: string | null;
  status: Generated<OrderStatus>;
  total: Decimal;
  jobId: Id | null;
  createdAt: SetByDatabase;
}

interface OrderLineTable {
  id: GeneratedId;
  orderId: Id;
  itemId: Id;
  quantity: number;
  /** Of one, when the order was placed. */
  price: Decimal;
}

interface DailyStatisticsTable {
  id: GeneratedId;
  date: Day;
  orders: number;
  revenue: Decimal;
  averageRating: number | null;
}

/** A file that is complete. Its bytes are in the store. */
interface FileTable {
  id: GeneratedId;
  /** A UUID: what its bytes are stored under, and the name that is not to be guessed in its URL. */
  key: string;
  name: string;
  /** A media type, by the content. */
  type: string;
  /** Bytes: a `bigint`, as text. */
  size: ColumnType<string, string | number, never>;
  sha256: string;
  owner: string | null;
  width: number | null;
  height: number | null;
  thumbnailId: Id | null;
  /** Of the upload that it came by, so that its sender can learn that it is complete; null where it came otherwise. */
  uploadTokenHash: string | null;
  createdAt: SetByDatabase;
}

/** A file that was announced and is not complete. */
interface UploadTable {
  id: GeneratedId;
  /** SHA-256 of the token in its URL, so that who reads the table cannot send the file. */
  tokenHash: string;
  /** The key that its bytes are stored under, and the file's later. */
  key: string;
  name: string;
  size: ColumnType<string, string | number, never>;
  type: string | null;
  sha256: string | null;
  owner: string | null;
  itemId: Id | null;
  /** All its bytes are there: the store makes an object of them, or has made it. */
  isWhole: Generated<boolean>;
  /** The request that sends bytes now. Another one may from `writerUntil` on. */
  writer: string | null;
  writerUntil: Timestamp | null;
  /** When another request last wanted to send bytes. */
  wantedAt: Timestamp | null;
  /** An hour after it was announced, or after bytes last came. */
  expiresAt: SetByDatabase;
  createdAt: SetByDatabase;
}

interface CertificateTable {
  id: GeneratedId;
  recipient: string;
  amount: Decimal;
  fileId: Id;
  /** Who issued it. */
  owner: string | null;
  issuedAt: SetByDatabase;
}

export interface UserTable {
  id: GeneratedId;
  /** As it was given; there are no two that differ in case only. */
  email: string;
  name: string;
  role: 'CUSTOMER' | 'STAFF';
  /** Of argon2id, in PHC's format. */
  passwordHash: string;
  /** Since when it may not sign in; null where it may. */
  disabledAt: Timestamp | null;
  createdAt: SetByDatabase;
}

interface SessionTable {
  id: GeneratedId;
  userId: Id;
  /** SHA-256 of its token, in hexadecimal digits. */
  tokenHash: string;
  expiresAt: Timestamp;
  createdAt: SetByDatabase;
}

/** The tables of the Smokehouse, as Kysely types them. Columns are named as in TypeScript: nothing maps names. */
export interface Schema {
  supplier: SupplierTable;
  item: ItemTable;
  customer: CustomerTable;
  review: ReviewTable;
  task: TaskTable;
  job: JobTable;
  order: OrderTable;
  orderLine: OrderLineTable;
  dailyStatistics: DailyStatisticsTable;
  file: FileTable;
  upload: UploadTable;
  certificate: CertificateTable;
  user: UserTable;
  session: SessionTable;
}

export type SupplierRow = Selectable<SupplierTable>;
export type ItemRow = Selectable<ItemTable>;
export type CustomerRow = Selectable<CustomerTable>;
export type ReviewRow = Selectable<ReviewTable>;
export type TaskRow = Selectable<TaskTable>;
export type JobRow = Selectable<JobTable>;
export type OrderRow = Selectable<OrderTable>;
export type OrderLineRow = Selectable<OrderLineTable>;
export type DailyStatisticsRow = Selectable<DailyStatisticsTable>;
export type FileRow = Selectable<FileTable>;
export type UploadRow = Selectable<UploadTable>;
export type CertificateRow = Selectable<CertificateTable>;
export type UserRow = Selectable<UserTable>;
export type SessionRow = Selectable<SessionTable>;
