import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defineApp } from 'gather';
import { expect, test } from 'vitest';
import { assertSound } from '../../../src/gather/check.ts';
import { filmRental } from './index.ts';

/** What is said of the film rental with another SDL. */
async function faultsOf(change: (sdl: string) => string): Promise<string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'gather-check-'));
  try {
    const file = join(directory, 'schema.graphql');
    await writeFile(file, change(filmRental.sdl));
    const { name, database, types, resolvers } = filmRental;
    assertSound(defineApp({ name, database, types, resolvers, schema: pathToFileURL(file) }));
    return [];
  } catch (error) {
    return (error as Error).message.split('\n').map((line) => line.trim());
  } finally {
    await rm(directory, { recursive: true });
  }
}

test('the film rental has no faults', async () => {
  expect(await faultsOf((sdl) => sdl)).toEqual([]);
});

test('a field over a column of a type that is not read is refused', async () => {
  const faults = await faultsOf((sdl) => sdl.replace('  release_year: Int', '  fulltext: String\n  release_year: Int'));
  expect(faults).toEqual([
    'Film rental cannot run:',
    expect.stringContaining('Film.fulltext: no column "fulltext" in table film and no resolver.'),
  ]);
});

test('an enum with other values than the database is refused', async () => {
  const faults = await faultsOf((sdl) => sdl.replace('  PG_13\n', '  PG13\n'));
  const labels = 'G, PG, PG-13, R, NC-17';
  expect(faults).toEqual([
    'Film rental cannot run:',
    `Film.rating: MpaaRating.PG13 is no label of its column: ${labels}. Correct the SDL.`,
    'Film.rating: MpaaRating has no value for the label "PG-13". Add PG_13.',
  ]);
});
