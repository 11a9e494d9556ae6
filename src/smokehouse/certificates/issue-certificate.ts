import { createTables, type Database, type FileRow, GatherError } from 'gather';
import type { CertificateRow } from '../generated/database.ts';
import type { NewCertificate } from './create-certificate.ts';
import type { Drawn } from './draw.ts';

interface CertificateSource {
  database: Database;
  /** The IANA name of the time zone in which the time of issue is shown. */
  timeZone: string;
  /** Draws a certificate off the event loop, because it takes about 100 ms of CPU. */
  draw: (certificate: NewCertificate) => Promise<Drawn>;
  /** Stores a PDF. @returns inserts its file, in the transaction that is passed to it */
  store: (pdf: Uint8Array) => Promise<(transaction: Database) => Promise<FileRow>>;
}

/**
 * Issues a certificate: draws it, and inserts its file and its row in one transaction. Later changes of the template do not
 * affect it.
 * @throws INVALID_INPUT for a recipient with a character that the font lacks
 */
export async function issueCertificate(
  { database, timeZone, draw, store }: CertificateSource,
  { recipient, amount, owner }: Pick<NewCertificate, 'recipient' | 'amount'> & { owner: string | null },
): Promise<CertificateRow> {
  const issuedAt = new Date().toISOString();
  const drawn = await draw({ recipient, amount, issuedAt, timeZone });
  if ('refusal' in drawn) throw new GatherError('INVALID_INPUT', drawn.refusal, { field: 'recipient' });
  const insertFile = await store(drawn.pdf);
  return database.transaction(async (transaction) => {
    const { id: fileId } = await insertFile(transaction);
    return createTables(transaction).certificate.create({ recipient, amount, issuedAt, fileId, owner });
  });
}
