import type { AppMigration } from 'gather';
import { sql } from 'kysely';

/** Certificates, whose PDFs are files. */
export const createCertificates: AppMigration = async (database, engineTable) => {
  await sql`
    create table certificate (
      id bigint generated always as identity primary key,
      recipient text not null,
      amount numeric(12, 2) not null,
      "fileId" bigint not null,
      owner text,
      "issuedAt" timestamptz not null default now(),
      constraint certificate_amount_check check (amount > 0),
      constraint "certificate_fileId_fkey" foreign key ("fileId") references ${engineTable('file')} (id)
    );
    create index "certificate_fileId_idx" on certificate ("fileId");
  `.execute(database);
};
