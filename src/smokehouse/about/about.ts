import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { call } from '../../gather/calls.ts';
import { GatherError } from '../../gather/errors.ts';

const About = z.object({
  name: z.string(),
  text: z.string(),
  address: z.string(),
  openingHours: z.array(z.string()),
});

/** What the smokehouse says of itself. */
export type About = z.infer<typeof About>;

/**
 * A reader of the JSON file that says what the smokehouse is. It reads the file anew at each call.
 * The reader throws FILE_UNREADABLE where the file is missing, is not JSON, or lacks a field.
 */
export function createAboutReader(file: string): (signal: AbortSignal) => Promise<About> {
  return (signal) =>
    call({ kind: 'disk', name: 'about', keys: 1, signal }, async () => {
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

function unreadable(why: string, cause: unknown): GatherError {
  return new GatherError('FILE_UNREADABLE', `The file about the smokehouse is of no use: ${why}.`, {
    source: 'disk',
    cause,
  });
}
