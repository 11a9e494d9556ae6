import { readFile } from 'node:fs/promises';
import { defineWork, GatherError } from 'gather';
import type { NewCertificate } from './create-certificate.ts';

/** A PDF, or why there can be none: an error would lose its class on its way from the thread. */
export type Drawn = { pdf: Uint8Array } | { refusal: string };

const TEMPLATE = new URL('template.pdf', import.meta.url);

/** Draws a certificate into the template on disk. */
export default defineWork(import.meta.url, async (certificate: NewCertificate): Promise<Drawn> => {
  // Only a thread loads what draws: the font and PDF.
  const { createCertificate } = await import('./create-certificate.ts');
  try {
    return { pdf: await createCertificate(certificate, await readFile(TEMPLATE)) };
  } catch (error) {
    if (error instanceof GatherError) return { refusal: error.message };
    throw error;
  }
});
