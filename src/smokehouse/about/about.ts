import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { call, GatherError } from 'gather';
import * as z from 'zod';

const About = z.object({
  name: z.string(),
  text: z.string(),
  address: z.string(),
  openingHours: z.array(z.string()),
});

/** The smokehouse's description of itself. */
export type About = z.infer<typeof About>;

const ABOUT_FILE = fileURLToPath(new URL('about.json', import.meta.url));

/**
 * Reads the description of the smokehouse from a JSON file, at each call.
 * @throws FILE_UNREADABLE if the file is missing, is not JSON, or lacks a field
 */
export function readAbout(file = ABOUT_FILE, signal: AbortSignal): Promise<About> {
  return call({ kind: 'disk', name: 'about', keys: 1, signal }, async () => {
    const text = await readFile(file, { encoding: 'utf8', signal }).catch((cause) => {
      signal.throwIfAborted();
      throw unreadable(cause.code === 'ENOENT' ? 'it is missing' : 'it cannot be read', cause);
    });
    const { data, error } = About.safeParse(parse(text));
    if (error) throw unreadable(z.prettifyError(error).replaceAll(/\s+/g, ' '), error);
    return data;
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable('it is not JSON', cause);
  }
}

function unreadable(reason: string, cause: unknown): GatherError {
  return new GatherError('FILE_UNREADABLE', `The file about the smokehouse cannot be used: ${reason}.`, {
    source: 'disk',
    cause,
  });
}
