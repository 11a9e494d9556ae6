import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Viewer } from '../../../src/gather/viewer.ts';
import { ANONYMOUS, SIGNED_IN, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';
import { library } from '../library/index.ts';

let gather: TestApp;

/** Loans and ISBNs are for STAFF only; every field that leads to loans is open to everybody. */
const sdl = library.sdl
  .replace('type Loan implements Node @owned(by: "memberOwner")', 'type Loan implements Node @auth(requires: STAFF)')
  .replaceAll(/(LoanConnection)\n +@auth\(requires: \w+\)/g, '$1')
  .replace(/^ {2}isbn: String!$/m, '$& @auth(requires: STAFF)');

beforeAll(async () => {
  gather = await startTestApp({ application: { sdl } });
});
beforeEach(() => void gather.cost());
afterAll(() => gather.close());

async function askAs(viewer: Viewer, query: string) {
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ query });
  const response = await gather.app.fetch('http://gather/graphql', { method: 'POST', headers, body }, { viewer });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
  return (await response.json()) as { data: any; errors?: { extensions: { code: string } }[] };
}

describe('a list of a type with @auth', () => {
  const LOANS = `totalCount nodes { dueOn } edges { cursor } pageInfo { hasNextPage startCursor endCursor }`;

  test('is empty for who lacks the role: neither counts nor cursors tell of its rows', async () => {
    const query = `{ loans(where: { dueOn: { lt: "2026-01-10" } }, orderBy: { field: DUE_ON }, first: 2) { ${LOANS} } }`;
    const pageInfo = { hasNextPage: false, startCursor: null, endCursor: null };
    for (const viewer of [ANONYMOUS, SIGNED_IN]) {
      const { data, errors } = await askAs(viewer, query);
      expect(errors).toBeUndefined();
      expect(data.loans).toEqual({ totalCount: 0, nodes: [], edges: [], pageInfo });
    }
    const { data } = await askAs(STAFF, query);
    expect(data.loans).toMatchObject({ totalCount: 8, nodes: [{ dueOn: '2026-01-02' }, { dueOn: '2026-01-03' }] });
  });

  test('is so for each parent too', async () => {
    const query = `{ books(first: 2) { nodes { ownLoans { dueOn } loans(first: 1) { ${LOANS} } } } }`;
    const { data, errors } = await askAs(SIGNED_IN, query);
    expect(errors).toBeUndefined();
    for (const { ownLoans, loans } of data.books.nodes) {
      expect(ownLoans).toEqual([]);
      expect(loans).toMatchObject({ totalCount: 0, edges: [], pageInfo: { endCursor: null } });
    }
  });

  test('is refused if it is not known who asks', async () => {
    const failure = new Error('The session cannot be read.');
    const { data, errors } = await askAs(
      { ...ANONYMOUS, failure },
      '{ loans { totalCount } books(first: 1) { totalCount } }',
    );
    expect(errors).toMatchObject([{ path: ['loans'] }]);
    expect(data).toEqual({ loans: null, books: { totalCount: 200 } });
  });
});

describe('findBy', () => {
  test('finds nothing by a field that the viewer may not read', async () => {
    const query = '{ book(by: { isbn: "ISBN-00042" }) { title } }';
    expect((await askAs(ANONYMOUS, query)).errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
    expect((await askAs(SIGNED_IN, query)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect(gather.cost().statements).toEqual([]);
    expect((await askAs(STAFF, query)).data).toEqual({ book: { title: 'Smoke 42' } });
  });
});
