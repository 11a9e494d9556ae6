import pg from 'pg';
import type { Fixture, ServiceAnswer } from '../helpers/fixture.ts';
import { library } from './library/index.ts';

const DELAY_MS = 10;
const NOT_FOUND: ServiceAnswer = { status: 404 };

/**
 * 20 authors, ten books by each, a loan of every fifth book, and six returned ones of each of the first fifty. The
 * titles, prices and pages repeat, so that orders have ties; every third book has no number of pages. Every second book has
 * two of the four genres, the others one; every tenth book has a sequel.
 */
const SEED = `
  insert into author (name, city)
    select 'Author ' || n, (array['Kansas City', 'Memphis', 'Austin'])[1 + n % 3] from generate_series(1, 20) n;
  insert into book (isbn, title, blurb, status, price, pages, "authorId", "createdAt", "updatedAt")
    select 'ISBN-' || lpad(n::text, 5, '0'), (array['Brisket', 'Ribs', 'Smoke', 'Fire'])[1 + n % 4] || ' ' || n % 50, 'About ' || n,
      (array['DRAFT', 'ACTIVE', 'ACTIVE', 'ACTIVE', 'RETIRED'])[1 + n % 5], 5 + (n % 40) * 0.25,
      case when n % 3 > 0 then 100 + n % 7 * 50 end, 1 + n % 20,
      timestamptz '2026-01-01' + n * interval '1 hour', timestamptz '2026-01-01' + n * interval '1 hour'
    from generate_series(1, 200) n;
  insert into lending.loan ("bookId", "memberOwner", "dueOn")
    select n, 'user:' || n % 7, date '2026-02-01' + n from generate_series(5, 200, 5) n;
  insert into lending.loan ("bookId", "memberOwner", "dueOn", "returnedOn")
    select 1 + n % 50, 'user:' || n % 7, date '2026-01-01' + n, date '2026-01-01' + n from generate_series(1, 300) n;
  insert into genre (name) values ('Barbecue'), ('Fiction'), ('History'), ('Poetry');
  insert into "bookGenre" ("bookId", "genreId", weight, note)
    select n, 1 + n % 4, n % 7, case when n % 3 = 0 then 'Note ' || n end from generate_series(1, 200) n;
  insert into "bookGenre" ("bookId", "genreId") select n, 1 + (n + 1) % 4 from generate_series(2, 200, 2) n;
  insert into sequel ("bookId", "laterId") select n, n + 1 from generate_series(1, 200, 10) n;
`;

/** A library with 200 books. */
export const fixture: Fixture = {
  app: library,
  seed: async (databaseUrl) => {
    const client = new pg.Client({ connectionString: databaseUrl, application_name: 'test' });
    await client.connect();
    try {
      await client.query(SEED);
      await client.query('vacuum analyze');
    } finally {
      await client.end();
    }
  },
  services: {
    ratings: {
      delayMs: DELAY_MS,
      answer: (url) => {
        const critic = /^\/critics\/(\d+)\/opinion$/.exec(url.pathname)?.[1];
        if (critic) return json({ critic: `Critic ${critic}`, rating: 1 + (Number(critic) % 5) });
        if (url.pathname === '/pick') return json({ title: 'Book of the day', text: 'A classic.', isbn: 'ISBN-00007' });
        if (url.pathname === '/ratings') return json({ ratings: byIsbn(url, (number) => 1 + (number % 9) / 2) });
        return NOT_FOUND;
      },
    },
    shelves: {
      delayMs: DELAY_MS,
      answer: (url) => {
        const arrivals = [1, 2, 3, 4, 5].map((number) => ({ isbn: `ISBN-0000${number}`, reason: `Reason ${number}` }));
        if (url.pathname === '/arrivals') return json({ arrivals });
        if (url.pathname === '/shelves') return json({ shelves: byIsbn(url, (number) => `Shelf ${number % 12}`) });
        return NOT_FOUND;
      },
    },
  },
  settings: { LOAN_DAYS: 21 },
};

/** What is said of each book that is asked about; a book without a number in its ISBN is not known. */
function byIsbn<Value>(url: URL, toValue: (number: number) => Value): Record<string, Value> {
  // Split before decoding: a comma that is encoded belongs to the ISBN.
  const isbns = (/[?&]isbns=([^&]+)/.exec(url.search)?.[1] ?? '').split(',').map(decodeURIComponent);
  const known = isbns.filter((isbn) => /^ISBN-\d+$/.test(isbn));
  return Object.fromEntries(known.map((isbn) => [isbn, toValue(Number(isbn.slice('ISBN-'.length)))]));
}

function json(body: unknown): ServiceAnswer {
  return { status: 200, body };
}
