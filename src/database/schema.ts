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
  /** Grows by one with each change. */
  version: Generated<number>;
  createdAt: SetByDatabase;
  updatedAt: SetByDatabase;
}

export interface CustomerTable {
  id: GeneratedId;
  name: string;
  city: string;
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

/** The tables of the Smokehouse, as Kysely types them. Columns are named as in TypeScript: nothing maps names. */
export interface Schema {
  supplier: SupplierTable;
  item: ItemTable;
  customer: CustomerTable;
  review: ReviewTable;
  task: TaskTable;
}

export type SupplierRow = Selectable<SupplierTable>;
export type ItemRow = Selectable<ItemTable>;
export type CustomerRow = Selectable<CustomerTable>;
export type ReviewRow = Selectable<ReviewTable>;
export type TaskRow = Selectable<TaskTable>;
