import { readFileSync } from 'node:fs';

const NAMES = ['home', 'page', 'quotes', 'menu', 'deferred', 'sign-in', 'reprice', 'add', 'watch'];

/** The tabs that GraphiQL opens with, a query in each: documents of src/documents. */
export const exampleTabs = NAMES.map((name) => ({
  query: readFileSync(new URL(`../documents/${name}.graphql`, import.meta.url), 'utf8'),
}));
