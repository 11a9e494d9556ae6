import { createHash } from 'node:crypto';
import { PDFDocument, PDFHexString, PDFName } from 'pdf-lib';
import { assertDrawable, embedFont, fillField } from './fill-field.ts';

/** The contents of a certificate. */
export interface NewCertificate {
  recipient: string;
  /** A decimal, shown in dollars, exact, and rounded to cents as PostgreSQL does. */
  amount: string;
  /** In RFC 3339. */
  issuedAt: string;
  /** The IANA name of the time zone in which `issuedAt` is shown. */
  timeZone: string;
}

/**
 * Creates a certificate as a PDF: fills in the fields `recipient`, `amount` and `issuedAt` of the template, and removes the
 * form. Equal input gives equal bytes.
 * @throws INVALID_INPUT for a character that the font lacks
 */
export async function createCertificate(certificate: NewCertificate, template: Uint8Array): Promise<Uint8Array> {
  const pdf = await PDFDocument.load(template, { updateMetadata: false });
  const font = await embedFont(pdf);
  const texts = toTexts(certificate);
  assertDrawable(texts.recipient, font);
  const form = pdf.getForm();
  for (const [name, text] of Object.entries(texts)) fillField(pdf, form.getTextField(name), text, font);
  pdf.catalog.delete(PDFName.of('AcroForm'));
  const issuedAt = new Date(certificate.issuedAt);
  pdf.setCreationDate(issuedAt);
  pdf.setModificationDate(issuedAt);
  const id = PDFHexString.of(hashOf(certificate, template));
  pdf.context.trailerInfo.ID = pdf.context.obj([id, id]);
  return pdf.save({ updateFieldAppearances: false });
}

function toTexts({ recipient, amount, issuedAt, timeZone }: NewCertificate) {
  const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
  const time = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'full', timeZone });
  return {
    recipient: recipient.normalize('NFC'),
    amount: dollars.format(amount as `${number}`),
    issuedAt: time.format(new Date(issuedAt)),
  };
}

function hashOf(certificate: NewCertificate, template: Uint8Array): string {
  return createHash('sha256').update(JSON.stringify(certificate)).update(template).digest('hex').slice(0, 32);
}
