import type { AppMigration } from 'gather';
import { sql } from 'kysely';

/** Orders with their lines, and daily statistics. */
export const createOrders: AppMigration = async (database, engineTable) => {
  await sql`
    create table "order" (
      id bigint generated always as identity primary key,
      owner text,
      "clientMutationId" text,
      status text not null default 'PLACED',
      total numeric(18, 2) not null,
      "jobId" bigint,
      "createdAt" timestamptz not null default now(),
      constraint order_status_check check (status in ('PLACED', 'PREPARING', 'READY')),
      constraint "order_jobId_fkey" foreign key ("jobId") references ${engineTable('job')} (id) on delete set null
    );
    create unique index "order_clientMutationId_key" on "order" (coalesce(owner, ''), "clientMutationId");
    create index order_owner_idx on "order" (owner, id);
    create index "order_createdAt_idx" on "order" ("createdAt", id);
    create index "order_jobId_idx" on "order" ("jobId");
    create index "review_createdAt_idx" on review ("createdAt", id);

    create table "orderLine" (
      id bigint generated always as identity primary key,
      "orderId" bigint not null,
      "itemId" bigint not null,
      quantity integer not null,
      price numeric(12, 2) not null,
      constraint "orderLine_quantity_check" check (quantity > 0),
      constraint "orderLine_orderId_fkey" foreign key ("orderId") references "order" (id) on delete cascade,
      constraint "orderLine_itemId_fkey" foreign key ("itemId") references item (id)
    );
    create index "orderLine_orderId_idx" on "orderLine" ("orderId", id);
    create index "orderLine_itemId_idx" on "orderLine" ("itemId", id);

    create table "dailyStatistics" (
      id bigint generated always as identity primary key,
      date date not null,
      orders integer not null,
      revenue numeric(18, 2) not null,
      "averageRating" double precision,
      constraint "dailyStatistics_date_key" unique (date)
    );
  `.execute(database);
};
