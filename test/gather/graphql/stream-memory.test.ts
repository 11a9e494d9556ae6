import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';
import { send } from '../../helpers/client.ts';
import { liveBytes } from '../../helpers/live-bytes.ts';
import { readParts } from '../../helpers/parts.ts';

const ROWS = 100_000;
/** Two kilobytes a row: 200 MB all together. bench/stream.ts streams a million rows. */
const ROW_BYTES = 2000;
const MAX_GROWTH_BYTES = 30e6;

let gather: TestApp;
let url: string;

beforeAll(async () => {
  gather = await startTestApp({ isDevelopment: false });
  ({ url } = await gather.app.start());
  await gather.database.ask(
    `insert into book (isbn, title, blurb, "authorId", price)
     select 'LONG-' || n, 'long', repeat('.', ${ROW_BYTES}), 1, 1 from generate_series(1, ${ROWS}) n`,
  );
}, 60_000);
afterAll(() => gather.close());

test('a list of any length is streamed in the same memory', async () => {
  const query = '{ catalogue { all @stream { isbn blurb } } }';
  const response = await send(url, query, { accept: 'multipart/mixed' }).response;
  const measured: number[] = [];
  let books = 0;
  for await (const part of readParts(response)) {
    for (const entry of part.incremental ?? []) books += entry.items.length;
    if (books >= (measured.length + 1) * (ROWS / 10)) measured.push(liveBytes());
  }
  expect(books).toBe(200 + ROWS);
  expect(measured).toHaveLength(10);
  // By the first measurement all buffers on the way are full.
  const [first = 0, ...later] = measured;
  expect(Math.max(...later) - first).toBeLessThan(MAX_GROWTH_BYTES);
}, 60_000);
