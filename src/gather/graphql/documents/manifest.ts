import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { GatherError } from '../../errors.ts';
import { toDocumentId } from './document-id.ts';

const Manifest = z.record(z.string(), z.string());

/**
 * Reads the texts of the trusted documents by ID from a JSON file; none without a file.
 * @throws FILE_UNREADABLE if the file is missing, is not an object of texts, or has a text under a wrong ID
 */
export function readManifest(file: string | undefined): ReadonlyMap<string, string> {
  if (file === undefined) return new Map();
  const documents = Object.entries(read(file));
  const wrong = documents.find(([id, text]) => id !== toDocumentId(text));
  if (!wrong) return new Map(documents);
  throw unreadable(file, new Error(`Expected a text with the ID ${wrong[0]}, got one with ${toDocumentId(wrong[1])}.`));
}

function read(file: string): Record<string, string> {
  try {
    return Manifest.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): GatherError {
  return new GatherError('FILE_UNREADABLE', `Expected a JSON file of trusted documents by their IDs at ${file}.`, {
    source: 'disk',
    cause,
  });
}
