import { readFile } from 'node:fs/promises';
import { defineWork, GatherError } from 'gather';
import type { NewCertificate } from './create-certificate.ts';

/** A PDF, or why there is none: a thrown error would lose its class between threads. */
export type Drawn = { pdf: Uint8Array } | { refusal: string };

const TEMPLATE = new URL('template.pdf', import.meta.url);

/** Draws a certificate from the template on disk. */
export default defineWork(import.meta.url, async (certificate: NewCertificate): Promise<Drawn> => {
  // Imported here, so that only threads load the font and the PDF library.
  const { createCertificate } = await import('./create-certificate.ts');
  try {
    return { pdf: await createCertificate(certificate, await readFile(TEMPLATE)) };
  } catch (error) {
    if (error instanceof GatherError) return { refusal: error.message };
    throw error;
  }
});
