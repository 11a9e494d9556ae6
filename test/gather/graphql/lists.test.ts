import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Viewer } from '../../../src/gather/viewer.ts';
import { ANONYMOUS, SIGNED_IN, STAFF, startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => void gather.cost());
afterAll(() => gather.close());

const MEMBER: Viewer = { ...SIGNED_IN, user: { owner: 'user:3', email: null, name: 'Three' } };

async function askAs(viewer: Viewer, query: string) {
  const headers = { 'content-type': 'application/json', 'x-gather-timing': '0' };
  const body = JSON.stringify({ query });
  const response = await gather.app.fetch('http://gather/graphql', { method: 'POST', headers, body }, { viewer });
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of any shape
  const { data, errors } = (await response.json()) as { data: any; errors?: { extensions: { code: string } }[] };
  return errors ? { data, errors } : { data };
}

/** The ISBNs of the books that meet a condition, by the list of all books, in one statement. */
async function isbnsOf(where: object): Promise<string[]> {
  gather.cost();
  const { data, errors } = await gather.query(
    'query ($where: BookWhere) { books(where: $where, orderBy: { field: ISBN }, first: 100) { nodes { isbn } } }',
    { where },
  );
  expect(errors).toBeUndefined();
  expect(gather.cost().statements).toHaveLength(1);
  return data.books.nodes.map(({ isbn }: { isbn: string }) => isbn);
}

/** The same by SQL. */
async function asked(condition: string): Promise<string[]> {
  const rows = await gather.database.ask<{ isbn: string }>(
    `select isbn from book where ${condition} order by isbn limit 100`,
  );
  expect(rows.length).toBeGreaterThan(0);
  return rows.map(({ isbn }) => isbn);
}

describe('connectionOf', () => {
  test('is in its own order unless another is given', async () => {
    const ask = async (args: string) => {
      const { data } = await gather.query(`{ books(${args} first: 3) { nodes { title isbn } } }`);
      return data.books.nodes;
    };
    expect(await ask('')).toEqual(await gather.database.ask('select title, isbn from book order by title, id limit 3'));
    expect(await ask('orderBy: [{ field: PAGES, direction: DESC }, { field: CREATED_AT }]')).toEqual(
      await gather.database.ask('select title, isbn from book order by pages desc, "createdAt", id limit 3'),
    );
    expect(gather.cost().statements).toHaveLength(2);
  });

  test('takes conditions, their IDs as those of the API, and counts what meets them', async () => {
    const id = (number: number) => btoa(`Author:${number}`);
    expect(await isbnsOf({ authorId: { in: [id(3), id(4)] }, status: { ne: 'DRAFT' } })).toEqual(
      await asked(`"authorId" in (3, 4) and status <> 'DRAFT'`),
    );
    expect(await isbnsOf({ or: [{ id: { eq: btoa('Book:7') } }, { not: { pages: { isNull: false } } }] })).toEqual(
      await asked('id = 7 or pages is null'),
    );
    const { data } = await gather.query(`{
      without: books(where: { pages: { isNull: true } }) { totalCount }
      all: books(where: { pages: null, status: { eq: null }, author: null, loans: { some: null }, not: null }) { totalCount }
    }`);
    expect(data).toEqual({ without: { totalCount: 66 }, all: { totalCount: 200 } });
  });

  test('refuses the ID of another type, and what is no ID', async () => {
    for (const id of [btoa('Book:1'), 'nonsense']) {
      const { errors } = await gather.query(
        'query ($id: ID!) { books(where: { authorId: { eq: $id } }) { totalCount } }',
        {
          id,
        },
      );
      expect(errors).toMatchObject([{ path: ['books'], extensions: { code: 'INVALID_INPUT' } }]);
    }
    expect(gather.cost().statements).toEqual([]);
  });

  test('of a type with owners has the rows of the viewer', async () => {
    const query = '{ loans(where: { reminded: { eq: false } }) { totalCount } }';
    const count = async (condition: string) => {
      const [row] = await gather.database.ask<{ count: number }>(
        `select count(*)::int as count from lending.loan where ${condition}`,
      );
      return row?.count;
    };
    expect(await askAs(MEMBER, query)).toEqual({
      data: { loans: { totalCount: await count(`"memberOwner" = 'user:3'`) } },
    });
    expect(await askAs(STAFF, query)).toEqual({ data: { loans: { totalCount: await count('true') } } });
  });
});

describe('findBy', () => {
  test('finds a row by each of its unique columns, in one statement', async () => {
    const { data } = await gather.query(
      '{ a: book(by: { isbn: "ISBN-00042" }) { id } b: book(by: { isbn: "none" }) { id } }',
    );
    expect(data).toEqual({ a: { id: btoa('Book:42') }, b: null });
    expect(gather.cost().statements).toHaveLength(1);
    const byId = await gather.query('query ($id: ID!) { book(by: { id: $id }) { isbn } }', { id: btoa('Book:42') });
    expect(byId.data).toEqual({ book: { isbn: 'ISBN-00042' } });
  });
});

describe('a condition on related rows', () => {
  test.each([
    [{ author: { city: { eq: 'Memphis' } } }, `"authorId" in (select id from author where city = 'Memphis')`],
    [{ not: { author: { city: { eq: 'Memphis' } } } }, `"authorId" in (select id from author where city <> 'Memphis')`],
    [{ loans: { some: {} } }, `id in (select "bookId" from lending.loan)`],
    [{ loans: { none: {} } }, `id not in (select "bookId" from lending.loan)`],
    [
      { loans: { some: { dueOn: { gte: '2026-06-01' } }, none: { reminded: { eq: true } } } },
      `id in (select "bookId" from lending.loan where "dueOn" >= '2026-06-01')`,
    ],
    [
      { genres: { some: { name: { eq: 'Poetry' } }, none: { name: { eq: 'Barbecue' } } } },
      `id in (select "bookId" from "bookGenre" where "genreId" = 4) and id not in (select "bookId" from "bookGenre" where "genreId" = 1)`,
    ],
    [
      { sequels: { some: { isbn: undefined, title: { startsWith: 'Smoke' } } } },
      `id in (select "bookId" from sequel where "laterId" in (select id from book where title like 'Smoke%'))`,
    ],
    [
      { author: { books: { some: { loans: { some: { book: { id: { eq: btoa('Book:5') } } } } } } } },
      `"authorId" = (select "authorId" from book where id = 5)`,
    ],
    [
      { or: [{ author: { id: { eq: btoa('Author:2') } } }, { loans: { some: { dueOn: { lt: '2026-01-04' } } } }] },
      `"authorId" = 2 or id in (select "bookId" from lending.loan where "dueOn" < '2026-01-04')`,
    ],
    [
      { author: { name: { contains: '1' } }, price: { lt: '8' }, title: { contains: 'i' } },
      `"authorId" in (select id from author where name like '%1%') and price < 8 and title ilike '%i%'`,
    ],
  ])('finds what SQL finds: %j', async (where, condition) => {
    expect(await isbnsOf(where)).toEqual(await asked(condition));
  });

  test('is a subquery, whatever its tables have in common', async () => {
    await isbnsOf({ author: { books: { some: { author: { name: { eq: 'x' } } } } } });
    await gather.query('{ books(where: { author: { books: { some: { title: { eq: "x" } } } } }) { totalCount } }');
    const [text = ''] = gather.cost().statements;
    expect(text.replaceAll(/\s+/g, ' ').trim()).toBe(
      `select count(*) as "count" from "public"."book" where exists ( select from "public"."author" as "$1" ` +
        `where "$1"."id" = "book"."authorId" and exists ( select from "public"."book" as "$2" ` +
        `where "$2"."authorId" = "$1"."id" and "title" = $1 ) )`,
    );
  });

  test('costs points for each subquery, and for what is in it', async () => {
    const costOf = async (where: object) => {
      const { extensions } = await gather.query('query ($where: BookWhere) { books(where: $where) { totalCount } }', {
        where,
      });
      return (extensions as unknown as { cost: { requestedQueryCost: number } }).cost.requestedQueryCost;
    };
    const none = await costOf({ status: { eq: 'ACTIVE' } });
    expect(await costOf({ author: { city: { eq: 'Memphis' } } })).toBe(none + 20);
    expect(await costOf({ author: { city: { eq: 'Memphis' }, name: { eq: 'x' } } })).toBe(none + 20 + 10);
    expect(await costOf({ loans: { some: {} } })).toBe(none - 10 + 20);
    expect(await costOf({ author: { books: { some: { title: { contains: 'x' } } } } })).toBe(none - 10 + 20 + 20 + 20);
  });

  test('that is absent or empty does not widen a change', async () => {
    const reprice = async (where: string, variables = '') => {
      const { data } = await gather.query(
        `mutation ${variables} { repriceBooks(input: { where: ${where}, percent: "0" }) { count userErrors { message } } }`,
      );
      return data.repriceBooks;
    };
    gather.cost();
    for (const [where, part, variables] of [
      ['{ author: {} }', 'its part author is'],
      ['{ author: $absent }', 'its part author is', '($absent: AuthorWhere)'],
      ['{ author: { city: { eq: $absent } } }', 'its part author.city.eq is', '($absent: String)'],
      ['{ author: { city: {} }, title: { eq: "x" } }', 'its part author.city is'],
      ['{ loans: {} }', 'its part loans is'],
      ['{ loans: { some: {} } }', 'its part loans.some is'],
      ['{ loans: { some: { dueOn: $absent } } }', 'its part loans.some.dueOn is', '($absent: DateFilter)'],
      ['{ loans: { none: { dueOn: { lt: $absent } } } }', 'its part loans.none.dueOn.lt is', '($absent: Date)'],
      ['{ loans: { none: $absent } }', 'its part loans.none is', '($absent: LoanWhere)'],
      ['{ loans: { none: { or: [] } } }', 'its part loans.none is'],
      ['{ author: { books: { some: { or: [{ title: { eq: "x" } }, {}] } } } }', 'its part author.books.some.or.1 is'],
      ['{ matches: $absent }', 'its part matches is', '($absent: String)'],
      ['{ pages: $absent }', 'its part pages is', '($absent: IntFilter)'],
      ['{ pages: { gt: 1, eq: $absent } }', 'its part pages.eq is', '($absent: Int)'],
      ['{ pages: { gt: 1, eq: null } }', 'its part pages.eq is'],
    ] as const) {
      expect(await reprice(where, variables), where).toEqual({
        count: 0,
        userErrors: [
          {
            message: `Expected a condition whose every part restricts the rows, but ${part} absent, null or empty, and matches all of them.`,
          },
        ],
      });
    }
    expect(gather.cost().statements).toEqual([]);
    expect(await reprice('{ author: { name: { eq: "Author 3" } } }')).toEqual({ count: 10, userErrors: [] });
    expect(await reprice('{ loans: { none: { dueOn: { gt: "1900-01-01" } } } }')).toEqual({
      count: 120,
      userErrors: [],
    });
    expect(gather.cost().statements).toHaveLength(2);
  });

  test('may not ask of what the viewer may not read', async () => {
    for (const [viewer, code] of [
      [ANONYMOUS, 'UNAUTHENTICATED'],
      [MEMBER, 'FORBIDDEN'],
    ] as const) {
      const query = '{ books(where: { loans: { some: {} } }) { totalCount } }';
      expect((await askAs(viewer, query)).errors).toMatchObject([{ extensions: { code } }]);
    }
    expect(gather.cost().statements).toEqual([]);
  });

  test('counts only the rows that exist for the viewer', async () => {
    const query = `{ books(where: { ownLoans: { some: {} } }, orderBy: { field: ISBN }, first: 100) {
      totalCount nodes { isbn ownLoans { dueOn } }
    } }`;
    const expected = (owners: string) =>
      gather.database.ask(`
        select isbn, json_agg(json_build_object('dueOn', "dueOn") order by "dueOn", loan.id) as "ownLoans"
        from lending.loan join book on book.id = "bookId" where ${owners} group by isbn order by isbn limit 100`);
    const own = await askAs(MEMBER, query);
    expect(gather.cost().statements).toHaveLength(3);
    expect(own.data.books.nodes).toEqual(await expected(`"memberOwner" = 'user:3'`));
    expect((await askAs(STAFF, query)).data.books.nodes).toEqual(await expected('true'));
    expect((await askAs(ANONYMOUS, query)).data.books).toEqual({ totalCount: 0, nodes: [] });
    const none = await askAs(ANONYMOUS, '{ books(where: { ownLoans: { none: {} } }) { totalCount } }');
    expect(none.data.books.totalCount).toBe(200);
  });

  test('has absent parts in a mutation, whatever its input is', async () => {
    const rename =
      'renameGenres(where: { name: { eq: "Poetry" }, books: $absent }, name: "All") { count userErrors { message } }';
    const { data } = await gather.query(`mutation ($absent: BookListWhere) { ${rename} }`);
    expect(data.renameGenres.userErrors).toMatchObject([
      { message: expect.stringContaining('its part books is absent') },
    ]);
    const given = await gather.query(`mutation ($absent: BookListWhere) { ${rename} }`, {
      absent: { some: { title: { eq: 'none' } } },
    });
    expect(given.errors).toBeUndefined();
    expect(given.data.renameGenres).toEqual({ count: 0, userErrors: [] });
  });
});

describe('a condition of the application', () => {
  test('is its SQL, with its value as a param, at any depth', async () => {
    expect(await isbnsOf({ matches: 'smoking' })).toEqual(await asked(`title like 'Smoke%'`));
    expect(await isbnsOf({ author: { books: { some: { matches: 'ribs' } } }, matches: "x' fire" })).toEqual([]);
    expect(await isbnsOf({ author: { books: { none: { matches: 'ribs' } } } })).toEqual(
      await asked(`"authorId" not in (select "authorId" from book where title like 'Ribs%')`),
    );
    await gather.query('{ books(where: { matches: "fire" }) { totalCount } }');
    await gather.query('{ books(where: { matches: "ribs" }) { totalCount } }');
    const [one, two] = gather.cost().statements;
    expect(one).toBe(two);
    expect(one).toContain(`plainto_tsquery('english', $1)`);
  });
});

describe('hasMany', () => {
  const LOANS = `query ($where: LoanWhere, $orderBy: [LoanOrder!], $first: Int, $after: String, $last: Int, $before: String) {
    books(first: 12, orderBy: { field: ISBN }) { nodes { isbn
      loans(where: $where, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
        totalCount nodes { dueOn } edges { cursor } pageInfo { hasNextPage hasPreviousPage }
      }
    } }
  }`;
  type Loans = {
    totalCount: number;
    nodes: { dueOn: string }[];
    edges: { cursor: string }[];
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean };
  };
  const ask = async (variables: object): Promise<{ isbn: string; loans: Loans }[]> => {
    gather.cost();
    const { data, errors } = await gather.query(LOANS, { ...variables });
    expect(errors).toBeUndefined();
    // The books, their loans, and how many there are.
    expect(gather.cost().statements).toHaveLength(3);
    return data.books.nodes;
  };

  test('takes conditions and orders, and reads the pages of all parents in one statement', async () => {
    const where = { dueOn: { gte: '2026-01-10' }, book: { author: { city: { ne: 'Austin' } } } };
    const books = await ask({
      where,
      orderBy: [{ field: 'REMINDED' }, { field: 'DUE_ON', direction: 'DESC' }],
      first: 2,
    });
    for (const { isbn, loans } of books) {
      const expected = await gather.database.ask<{ dueOn: string }>(
        `select "dueOn"::text as "dueOn" from lending.loan join book on book.id = "bookId" join author on author.id = "authorId"
         where isbn = $1 and "dueOn" >= '2026-01-10' and city <> 'Austin' order by reminded, "dueOn" desc, loan.id desc`,
        [isbn],
      );
      expect(loans.nodes).toEqual(expected.slice(0, 2));
      expect(loans.totalCount).toBe(expected.length);
      expect(loans.pageInfo).toEqual({ hasNextPage: expected.length > 2, hasPreviousPage: false });
    }
  });

  test.each([
    [[{ field: 'DUE_ON', direction: 'DESC' }]],
    [[{ field: 'RETURNED_ON', direction: 'ASC' }]],
    [
      [
        { field: 'RETURNED_ON', direction: 'DESC' },
        { field: 'DUE_ON', direction: 'ASC' },
      ],
    ],
    [[]],
  ])('goes from page to page in the order %j, from either end', async (orderBy) => {
    const [all] = await ask({ orderBy, first: 100 });
    const whole = all?.loans.nodes ?? [];
    expect(whole.length).toBeGreaterThan(5);
    const forward: { dueOn: string }[] = [];
    for (let after: string | undefined, more = true; more; ) {
      const [book] = await ask({ orderBy, first: 2, after });
      forward.push(...(book?.loans.nodes ?? []));
      after = book?.loans.edges.at(-1)?.cursor;
      more = book?.loans.pageInfo.hasNextPage === true;
    }
    expect(forward).toEqual(whole);
    const backward: { dueOn: string }[] = [];
    for (let before: string | undefined, more = true; more; ) {
      const [book] = await ask({ orderBy, last: 4, before });
      backward.unshift(...(book?.loans.nodes ?? []));
      before = book?.loans.edges[0]?.cursor;
      more = book?.loans.pageInfo.hasPreviousPage === true;
    }
    expect(backward).toEqual(whole);
  });

  test('refuses a cursor of another order', async () => {
    const [book] = await ask({ orderBy: [{ field: 'DUE_ON' }] });
    const after = book?.loans.edges[0]?.cursor;
    const { errors } = await gather.query(LOANS, { after });
    expect(errors?.[0]?.extensions?.['code']).toBe('INVALID_INPUT');
  });

  test('is one statement for all levels that ask for the same, and one more for each other condition', async () => {
    const { data } = await gather.query(`{
      books(first: 5, orderBy: { field: ISBN }) {
        nodes { a: loans(where: { reminded: { eq: false } }) { nodes { id } } b: loans(first: 1) { nodes { id } } }
        edges { node { c: loans(where: { reminded: { eq: false } }, first: 2) { nodes { id } } } }
      }
    }`);
    expect(data.books.edges[0].node.c.nodes).toEqual(data.books.nodes[0].a.nodes.slice(0, 2));
    expect(gather.cost().statements).toHaveLength(3);
  });
});

describe('manyToMany', () => {
  test('is a list of all, in one statement for all parents', async () => {
    const { data, errors } = await gather.query(
      '{ books(first: 50, orderBy: { field: ISBN }) { nodes { isbn genres { name } sequels { isbn } } } }',
    );
    expect(errors).toBeUndefined();
    expect(gather.cost().statements).toHaveLength(3);
    const expected = await gather.database.ask(`
      select isbn,
        (select json_agg(json_build_object('name', name) order by name)
         from "bookGenre" join genre on genre.id = "genreId" where "bookId" = book.id) as genres,
        coalesce((select json_agg(json_build_object('isbn', later.isbn))
         from sequel join book later on later.id = "laterId" where "bookId" = book.id), '[]') as sequels
      from book order by isbn limit 50`);
    expect(data.books.nodes).toEqual(expected);
  });

  test('is a connection whose edges have the columns of the pairs', async () => {
    const { data, errors } = await gather.query(`{
      books(first: 4, orderBy: { field: ISBN }) { nodes {
        genreEdges(orderBy: { field: NAME, direction: DESC }) { totalCount edges { weight note node { name } } }
      } }
    }`);
    expect(errors).toBeUndefined();
    expect(gather.cost().statements).toHaveLength(3);
    expect(data.books.nodes.map(({ genreEdges }: { genreEdges: object }) => genreEdges)).toEqual([
      { totalCount: 1, edges: [{ weight: 1, note: null, node: { name: 'Fiction' } }] },
      {
        totalCount: 2,
        edges: [
          { weight: 1, note: null, node: { name: 'Poetry' } },
          { weight: 2, note: null, node: { name: 'History' } },
        ],
      },
      { totalCount: 1, edges: [{ weight: 3, note: 'Note 3', node: { name: 'Poetry' } }] },
      {
        totalCount: 2,
        edges: [
          { weight: 1, note: null, node: { name: 'Fiction' } },
          { weight: 4, note: null, node: { name: 'Barbecue' } },
        ],
      },
    ]);
  });

  test('pages, filters, and tells pairs that occur twice apart', async () => {
    const query = `query ($after: String, $where: BookWhere) {
      node(id: "${btoa('Genre:1')}") { ... on Genre { books(first: 7, after: $after, where: $where) {
        totalCount nodes { isbn } pageInfo { hasNextPage endCursor }
      } } }
    }`;
    await gather.database.ask('insert into "bookGenre" ("bookId", "genreId") values (4, 1), (4, 1)');
    const expected = await gather.database.ask<{ isbn: string }>(
      `select isbn from book join "bookGenre" on "bookId" = book.id where "genreId" = 1 order by title, book.id`,
    );
    const isbns: string[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { data } = await gather.query(query, { after });
      isbns.push(...data.node.books.nodes.map(({ isbn }: { isbn: string }) => isbn));
      after = data.node.books.pageInfo.endCursor;
      more = data.node.books.pageInfo.hasNextPage;
    }
    expect(isbns).toEqual(expected.map(({ isbn }) => isbn));
    await gather.database.ask(
      'delete from "bookGenre" where id in (select id from "bookGenre" order by id desc limit 2)',
    );
    const where = { author: { city: { eq: 'Memphis' } }, genres: { some: { name: { eq: 'Fiction' } } } };
    const { data } = await gather.query(query, { where });
    const [row] = await gather.database.ask<{ count: number }>(`
      select count(*)::int as count from book join "bookGenre" on "bookId" = book.id join author on author.id = "authorId"
      where "genreId" = 1 and city = 'Memphis' and book.id in (select "bookId" from "bookGenre" where "genreId" = 2)`);
    expect(data.node.books.totalCount).toBe(row?.count);
  });
});
