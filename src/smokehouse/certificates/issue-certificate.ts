import { createTables, type Database, type FileRow, GatherError } from 'gather';
import type { CertificateRow } from '../generated/database.ts';
import type { NewCertificate } from './create-certificate.ts';
import type { Drawn } from './draw.ts';

interface CertificateSource {
  database: Database;
  /** In which the time of issue is shown, by its IANA name. */
  timeZone: string;
  /** Draws a certificate apart from the event loop: it takes about 100 ms of CPU. */
  draw: (certificate: NewCertificate) => Promise<Drawn>;
  /** Stores a PDF. @returns makes a file of it, in the transaction that it is handed */
  store: (pdf: Uint8Array) => Promise<(transaction: Database) => Promise<FileRow>>;
}

/**
 * Issues a certificate, now: draws it, and keeps it together with its row, or neither. What is kept stays as it is,
 * whatever becomes of the template.
 * @throws INVALID_INPUT for a recipient with a character that the font lacks
 */
export async function issueCertificate(
  { database, timeZone, draw, store }: CertificateSource,
  { recipient, amount, owner }: Pick<NewCertificate, 'recipient' | 'amount'> & { owner: string | null },
): Promise<CertificateRow> {
  const issuedAt = new Date().toISOString();
  const drawn = await draw({ recipient, amount, issuedAt, timeZone });
  if ('refusal' in drawn) throw new GatherError('INVALID_INPUT', drawn.refusal, { field: 'recipient' });
  const add = await store(drawn.pdf);
  return database.transaction(async (transaction) => {
    const { id: fileId } = await add(transaction);
    return createTables(transaction).certificate.create({ recipient, amount, issuedAt, fileId, owner });
  });
}
