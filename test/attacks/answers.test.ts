import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { post } from '../helpers/stranger.ts';
import { startTarget, type Target } from '../helpers/target.ts';
import { underAttack } from '../helpers/under-attack.ts';

const AT_ONCE = 60;
const MAX_GROWN_BYTES = 300_000_000;
const ALIASES = Array.from({ length: 41 }, (_, index) => `a${index}: text`).join(' ');
/** PostgreSQL reads megabytes for each, and not all of them get a connection in time. */
const SLOW = ['ANSWER_TOO_LARGE', 'DATABASE_UNAVAILABLE', 'BUSY'];
const LONG = 'item(by: { sku: "LONG" })';

let target: Target;
let token: string;

beforeAll(async () => {
  // Room for garbage, as a server by default has it; points for all that is asked, so that sizes alone hold it back.
  target = await startTarget({
    NODE_OPTIONS: '',
    INTROSPECTION: 'on',
    COST_BUCKET: '1000000000',
    COST_RESTORE: '1000000000',
  });
  token = await target.enter('STAFF');
  const { ask } = target.database;
  await ask(`insert into item (sku, name, description, price, "supplierId") values ('LONG', 'Long', '', 1, 1)`);
  await ask(
    `insert into review ("itemId", "customerId", rating, text)
     select item.id, 1, 5, repeat(md5(n::text), 312) from item, generate_series(1, 100) n where sku = 'LONG'`,
  );
  await ask(
    `insert into gather.job (task, state, input, result, "deliveryId")
     select 'fetchData', 'SUCCEEDED', '{}', jsonb_build_object('body', repeat(md5(n::text), 100000)), gen_random_uuid()
     from generate_series(1, 20) n`,
  );
  await ask(
    `insert into item (sku, name, description, price, "supplierId")
     select 'MANY-' || n, 'Many', repeat('x', 500), 1, 1 from generate_series(1, 20000) n`,
  );
}, 120_000);
afterAll(() => target.close());

test.each([
  ['a page of long texts', `{ ${LONG} { reviews(first: 100) { nodes { text } } } }`, [undefined]],
  ['aliases of long texts', `{ ${LONG} { reviews(first: 100) { nodes { ${ALIASES} } } } }`, ['ANSWER_TOO_LARGE']],
  ['results of jobs', '{ jobs(first: 20) { nodes { result } } }', SLOW],
  ['all items', '{ menu { all { id sku name description createdAt } } }', ['LIMIT_EXCEEDED']],
  ['the schema, in full', getIntrospectionQuery(), [undefined]],
])(
  `sixty at once take less than 300 MB, and neighbours are answered: %s`,
  async (_, query, code) => {
    const headers = { authorization: `Bearer ${token}` };
    const {
      result: replies,
      failures,
      grownBytes,
      faults,
    } = await underAttack(target, () =>
      Promise.all(Array.from({ length: AT_ONCE }, () => post(target.url, { query }, headers))),
    );
    for (const { status, body } of replies) {
      expect(status).toBe(200);
      expect(code).toContain(JSON.parse(body).errors?.[0].extensions.code);
    }
    expect(failures).toEqual([]);
    expect(faults).toEqual([]);
    expect(grownBytes).toBeLessThan(MAX_GROWN_BYTES);
  },
  60_000,
);
