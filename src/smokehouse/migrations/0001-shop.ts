import type { AppMigration } from 'gather';
import { sql } from 'kysely';

/** The tables of the Smokehouse. Indexes end with the key, so that they serve pages in a total order. */
export const createShop: AppMigration = async (database, engineTable) => {
  await sql`
    create table supplier (
      id bigint generated always as identity primary key,
      name text not null,
      city text not null,
      "createdAt" timestamptz not null default now()
    );

    create table item (
      id bigint generated always as identity primary key,
      sku text not null,
      name text not null,
      description text not null default '',
      status text not null default 'DRAFT',
      price numeric(12, 2) not null,
      calories integer,
      "supplierId" bigint not null,
      "photoId" bigint,
      version integer not null default 1,
      "createdAt" timestamptz not null default now(),
      "updatedAt" timestamptz not null default now(),
      constraint item_sku_key unique (sku),
      constraint item_status_check check (status in ('DRAFT', 'ACTIVE', 'RETIRED')),
      constraint item_price_check check (price >= 0),
      constraint item_calories_check check (calories >= 0),
      constraint "item_supplierId_fkey" foreign key ("supplierId") references supplier (id),
      constraint "item_photoId_fkey" foreign key ("photoId") references ${engineTable('file')} (id) on delete set null
    );
    create index "item_supplierId_idx" on item ("supplierId", id);
    create index "item_photoId_idx" on item ("photoId");
    create index item_price_idx on item (price, id);
    create index item_name_idx on item (name, id);
    create index item_status_idx on item (status, id);

    create table customer (
      id bigint generated always as identity primary key,
      name text not null,
      city text not null,
      owner text,
      "createdAt" timestamptz not null default now(),
      constraint customer_owner_key unique (owner)
    );

    create table review (
      id bigint generated always as identity primary key,
      "itemId" bigint not null,
      "customerId" bigint not null,
      rating integer not null,
      text text not null,
      "createdAt" timestamptz not null default now(),
      constraint review_rating_check check (rating between 1 and 5),
      constraint "review_itemId_fkey" foreign key ("itemId") references item (id) on delete cascade,
      constraint "review_customerId_fkey" foreign key ("customerId") references customer (id)
    );
    create index "review_itemId_idx" on review ("itemId", id);
    create index "review_customerId_idx" on review ("customerId", id);

    create table task (
      id bigint generated always as identity primary key,
      title text not null,
      done boolean not null default false,
      "createdAt" timestamptz not null default now(),
      "completedAt" timestamptz
    );
    create index task_done_idx on task (done, id);
  `.execute(database);
};
