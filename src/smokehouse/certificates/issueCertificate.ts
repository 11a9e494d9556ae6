import { Readable } from 'node:stream';
import { type Database, ownerOf, price, runMutation, text } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';
import draw from './draw.ts';
import { issueCertificate as issue } from './issue-certificate.ts';

/** Control characters, line separators, and characters that change the direction of text. */
const CONTROL = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;
/** At least one visible character. The empty text passes: another rule refuses it. */
const VISIBLE = /^$|[^\s\p{Default_Ignorable_Code_Point}]/u;
/** Rounds to a cent or more. Negative amounts pass: another rule refuses them. */
const POSITIVE = /^-|^0*([1-9]|\.(\d?[1-9]|00[5-9]))/;
const PDF = 'application/pdf';

const NewCertificate = z.object({
  recipient: z
    .string()
    .trim()
    .pipe(text(1, 100))
    .refine((recipient) => !CONTROL.test(recipient), 'Expected text without control characters.')
    .refine((recipient) => VISIBLE.test(recipient), 'Expected visible characters.'),
  amount: price.refine((amount) => POSITIVE.test(amount), {
    error: ({ input }) => `Expected more than 0, got ${input}.`,
  }),
});

export const issueCertificate: MutationResolvers['issueCertificate'] = (_, { input }, context) => {
  const { database, threads, files, timeZone, signal, viewer } = context;
  const owner = ownerOf(viewer);
  const source = {
    database,
    timeZone,
    draw: (certificate: Parameters<typeof draw>[0]) => threads.run(draw, certificate, signal),
    store: async (pdf: Uint8Array) => {
      const announced = { name: 'certificate.pdf', owner, expected: { type: PDF } };
      const { key, description } = await files.receive(database, Readable.from([pdf]), announced);
      return (transaction: Database) => files.addReceived(transaction, key, description, announced);
    },
  };
  return runMutation(context, { certificate: null }, async () => ({
    certificate: await issue(source, { owner, ...NewCertificate.parse(input) }),
  }));
};
