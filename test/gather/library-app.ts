import { startTestApp, type TestApp, type TestOptions } from 'gather/testing';
import { library } from './library/index.ts';

/** What the services of the library answer where all is well. */
const SERVICES: TestOptions['services'] = {
  ratings: () => ({ ratings: { 'ISBN-1': 4.5, 'ISBN-2': 3 } }),
  shelves: () => ({ shelves: { 'ISBN-1': 'A1', 'ISBN-2': 'A2', 'ISBN-3': 'B1' } }),
};

/** A library with two authors, three books and one loan. */
export async function startLibrary(options: TestOptions = {}): Promise<TestApp> {
  const app = await startTestApp(library, { services: SERVICES, ...options });
  await app.ask(`insert into author (name) values ('Ann'), ('Bob')`);
  await app.ask(`insert into book (isbn, title, "authorId")
    values ('ISBN-1', 'One', 1), ('ISBN-2', 'Three', 2), ('ISBN-3', 'Two', 1)`);
  await app.ask(`insert into lending.loan ("bookId", "memberOwner", "dueOn") values (2, 'user:ann', '2026-01-01')`);
  return app;
}
