import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { raw } from '../../../src/gather/database/database.ts';
import { runQuery } from '../../../src/gather/database/query.ts';
import { RowClient } from '../../../src/gather/database/row-client.ts';
import { ValueTypes } from '../../../src/gather/database/value-types.ts';
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts';
import { selfSigned } from '../../helpers/self-signed.ts';

const types = new ValueTypes();

const VALUES = `
  select n as id, (array[0, -1, 999999999, 1000000000, -99999999, -999999999, 2147483648, 9007199254740993,
    9223372036854775807, -9223372036854775808])[n % 10 + 1]::bigint as whole,
    -n as below, (n * 3)::smallint as small, 9007199254740993 + n as large, 1.50 as price,
    case n % 3 when 0 then null when 1 then '' else 'Zoë ' || n end as name, n % 2 = 0 as "isEven",
    repeat('ab', n * 200) as long, repeat('ü', n * 100) as "longWide", array[n, null] as list, '{"a": [1]}'::jsonb as json,
    'x' as "__proto__"
  from generate_series(1, 40) n`;

let db: TestDatabase;

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(() => db.drop());

async function open(client: pg.Client): Promise<pg.Client & AsyncDisposable> {
  await client.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}

/** A client that reads so many bytes at once. */
const openCut = (readBytes: number) => open(new RowClient({ connectionString: db.databaseUrl, types }, readBytes));

describe('rows are those of pg', () => {
  test.each([1, 2, 5, 6, 7, 100, 1001, 65_536])('from pieces of %i bytes', async (readBytes) => {
    await using plain = await open(new pg.Client({ connectionString: db.databaseUrl, types }));
    await using client = await openCut(readBytes);
    const { rows: expected } = await plain.query(VALUES);
    const unnamed = await runQuery<object>(client, raw(VALUES), { timeoutMs: 30_000 });
    expect(unnamed.rows.map((row) => Object.entries(row))).toEqual(expected.map((row) => Object.entries(row)));
    expect(unnamed.count).toBe(40);
    // Described at the first run only.
    for (let run = 0; run < 3; run++) {
      const named = { name: 'values', text: `${VALUES} where n > $1`, values: [30] };
      const { rows } = await runQuery<object>(client, named, { timeoutMs: 30_000 });
      expect(rows.map((row) => Object.entries(row))).toEqual(expected.slice(30).map((row) => Object.entries(row)));
    }
  });
});

test('rows are those of pg over TLS', async () => {
  const { hostname, port, pathname, username, password } = new URL(db.databaseUrl);
  const proxy = createServer((socket) =>
    // The client asks for TLS first: https://www.postgresql.org/docs/current/protocol-flow.html
    socket.once('data', () => {
      socket.write('S');
      const client = new TLSSocket(socket, { isServer: true, ...selfSigned });
      const server = connect(Number(port), hostname);
      client.pipe(server).pipe(client);
      for (const end of [client, server]) end.on('error', () => {});
    }),
  );
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void proxy.close());
  const { port: proxyPort } = proxy.address() as AddressInfo;
  const url = `postgres://${username}:${password}@127.0.0.1:${proxyPort}${pathname}?sslmode=no-verify`;
  await using plain = await open(new pg.Client({ connectionString: db.databaseUrl, types }));
  await using client = await open(new RowClient({ connectionString: url, types }));
  const { rows: expected } = await plain.query(VALUES);
  const { rows } = await runQuery<object>(client, raw(VALUES), { timeoutMs: 30_000 });
  expect(rows.map((row) => Object.entries(row))).toEqual(expected.map((row) => Object.entries(row)));
});

test('an error among rows fails the statement, and the next one has its rows', async () => {
  await using client = await openCut(7);
  const failing = raw('select 10 / (5 - n) as result from generate_series(1, 9) n');
  await expect(runQuery(client, failing, { timeoutMs: 30_000 })).rejects.toThrow('division by zero');
  expect(await runQuery(client, raw('select 1 as one'), { timeoutMs: 30_000 })).toEqual({
    rows: [{ one: 1 }],
    count: 1,
  });
});

test('queries of pg itself have their rows too', async () => {
  await using client = await openCut(3);
  await runQuery(client, raw('select 1 as one'), { timeoutMs: 30_000 });
  expect((await client.query('select 2 as two')).rows).toEqual([{ two: 2 }]);
  expect((await client.query({ text: 'select 3, $1::text', values: ['a'], rowMode: 'array' })).rows).toEqual([
    [3, 'a'],
  ]);
});

test('a plain client of pg runs the same statements', async () => {
  await using client = await open(new pg.Client({ connectionString: db.databaseUrl }));
  const { rows } = await runQuery<object>(client, raw(VALUES), { timeoutMs: 30_000 });
  expect(rows.map((row) => Object.entries(row))).toEqual(
    (await client.query(VALUES)).rows.map((row) => Object.entries(row)),
  );
});

test('the bytes of each row are counted, those of pieces too', async () => {
  await using client = await openCut(10);
  const read: number[] = [];
  const onRead = (bytes: number) => read.push(bytes) > 0;
  await runQuery(client, raw(`select repeat('a', 100) from generate_series(1, 3)`), { timeoutMs: 30_000, onRead });
  expect(read).toEqual([106, 106, 106]);
});
