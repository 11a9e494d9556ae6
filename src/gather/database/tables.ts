import type { Database } from './database.ts';
import type { Schema } from './schema.ts';
import { Table } from './table.ts';
import type { TableDefinition } from './table-definition.ts';

const supplier: TableDefinition<'supplier'> = {
  name: 'supplier',
  key: 'id',
  types: { id: 'bigint', name: 'text', city: 'text', createdAt: 'timestamptz' },
  nullable: new Set(),
};

const item: TableDefinition<'item'> = {
  name: 'item',
  key: 'id',
  types: {
    id: 'bigint',
    sku: 'text',
    name: 'text',
    description: 'text',
    status: 'text',
    price: 'numeric',
    calories: 'integer',
    supplierId: 'bigint',
    version: 'integer',
    createdAt: 'timestamptz',
    updatedAt: 'timestamptz',
    photoId: 'bigint',
  },
  nullable: new Set(['calories', 'photoId']),
  version: 'version',
  updatedAt: 'updatedAt',
};

const customer: TableDefinition<'customer'> = {
  name: 'customer',
  key: 'id',
  types: { id: 'bigint', name: 'text', city: 'text', createdAt: 'timestamptz', owner: 'text' },
  nullable: new Set(['owner']),
};

const review: TableDefinition<'review'> = {
  name: 'review',
  key: 'id',
  types: {
    id: 'bigint',
    itemId: 'bigint',
    customerId: 'bigint',
    rating: 'integer',
    text: 'text',
    createdAt: 'timestamptz',
  },
  nullable: new Set(),
};

const task: TableDefinition<'task'> = {
  name: 'task',
  key: 'id',
  types: { id: 'bigint', title: 'text', done: 'boolean', createdAt: 'timestamptz', completedAt: 'timestamptz' },
  nullable: new Set(['completedAt']),
};

const job: TableDefinition<'job'> = {
  name: 'job',
  key: 'id',
  types: {
    id: 'bigint',
    task: 'text',
    owner: 'text',
    state: 'text',
    progress: 'double precision',
    message: 'text',
    input: 'jsonb',
    result: 'jsonb',
    error: 'jsonb',
    attempt: 'integer',
    deliveryId: 'uuid',
    uniqueKey: 'text',
    queuedFor: 'text',
    turn: 'integer',
    schedule: 'text',
    scheduledAt: 'timestamptz',
    version: 'integer',
    createdAt: 'timestamptz',
    startedAt: 'timestamptz',
    finishedAt: 'timestamptz',
  },
  nullable: new Set([
    ...(['owner', 'message', 'result', 'error', 'uniqueKey'] as const),
    ...(['schedule', 'scheduledAt', 'startedAt', 'finishedAt'] as const),
  ]),
};

const order: TableDefinition<'order'> = {
  name: 'order',
  key: 'id',
  types: {
    id: 'bigint',
    owner: 'text',
    clientMutationId: 'text',
    status: 'text',
    total: 'numeric',
    jobId: 'bigint',
    createdAt: 'timestamptz',
  },
  nullable: new Set(['owner', 'clientMutationId', 'jobId']),
};

const orderLine: TableDefinition<'orderLine'> = {
  name: 'orderLine',
  key: 'id',
  types: { id: 'bigint', orderId: 'bigint', itemId: 'bigint', quantity: 'integer', price: 'numeric' },
  nullable: new Set(),
};

const dailyStatistics: TableDefinition<'dailyStatistics'> = {
  name: 'dailyStatistics',
  key: 'id',
  types: { id: 'bigint', date: 'date', orders: 'integer', revenue: 'numeric', averageRating: 'double precision' },
  nullable: new Set(['averageRating']),
};

const file: TableDefinition<'file'> = {
  name: 'file',
  key: 'id',
  types: {
    id: 'bigint',
    key: 'uuid',
    name: 'text',
    type: 'text',
    size: 'bigint',
    sha256: 'text',
    owner: 'text',
    width: 'integer',
    height: 'integer',
    thumbnailId: 'bigint',
    uploadTokenHash: 'text',
    createdAt: 'timestamptz',
  },
  nullable: new Set(['owner', 'width', 'height', 'thumbnailId', 'uploadTokenHash']),
};

const upload: TableDefinition<'upload'> = {
  name: 'upload',
  key: 'id',
  types: {
    id: 'bigint',
    tokenHash: 'text',
    key: 'uuid',
    name: 'text',
    size: 'bigint',
    type: 'text',
    sha256: 'text',
    owner: 'text',
    itemId: 'bigint',
    isWhole: 'boolean',
    writer: 'uuid',
    writerUntil: 'timestamptz',
    wantedAt: 'timestamptz',
    expiresAt: 'timestamptz',
    createdAt: 'timestamptz',
  },
  nullable: new Set(['type', 'sha256', 'owner', 'itemId', 'writer', 'writerUntil', 'wantedAt']),
};

const certificate: TableDefinition<'certificate'> = {
  name: 'certificate',
  key: 'id',
  types: {
    id: 'bigint',
    recipient: 'text',
    amount: 'numeric',
    fileId: 'bigint',
    issuedAt: 'timestamptz',
    owner: 'text',
  },
  nullable: new Set(['owner']),
};

const user: TableDefinition<'user'> = {
  name: 'user',
  key: 'id',
  types: {
    id: 'bigint',
    email: 'text',
    name: 'text',
    role: 'text',
    passwordHash: 'text',
    disabledAt: 'timestamptz',
    createdAt: 'timestamptz',
  },
  nullable: new Set(['disabledAt']),
};

const session: TableDefinition<'session'> = {
  name: 'session',
  key: 'id',
  types: { id: 'bigint', userId: 'bigint', tokenHash: 'text', expiresAt: 'timestamptz', createdAt: 'timestamptz' },
  nullable: new Set(),
};

/** What is known of each table of the Smokehouse. */
export const definitions: { readonly [T in keyof Schema]: TableDefinition<T> } = {
  supplier,
  item,
  customer,
  review,
  task,
  job,
  order,
  orderLine,
  dailyStatistics,
  file,
  upload,
  certificate,
  user,
  session,
};

/** The operations on each table. */
export type Tables = ReturnType<typeof createTables>;

/** The tables as one request or job, or one transaction of it, uses them. */
export function createTables(database: Database) {
  return {
    supplier: new Table(supplier, database),
    item: new Table(item, database),
    customer: new Table(customer, database),
    review: new Table(review, database),
    task: new Table(task, database),
    job: new Table(job, database),
    order: new Table(order, database),
    orderLine: new Table(orderLine, database),
    dailyStatistics: new Table(dailyStatistics, database),
    file: new Table(file, database),
    upload: new Table(upload, database),
    certificate: new Table(certificate, database),
    user: new Table(user, database),
    session: new Table(session, database),
  };
}
