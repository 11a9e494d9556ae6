import { readFileSync } from 'node:fs';

const NAMES = ['home', 'page', 'quotes', 'menu', 'deferred', 'sign-in', 'reprice', 'add', 'watch'];

const VARIABLES: Readonly<Record<string, object>> = {
  'sign-in': { input: { email: 'pitmaster@smokehouse.example', password: '' } },
};

/** The tabs that GraphiQL opens with: documents of this folder. */
export const tabs = NAMES.map((name) => ({
  query: readFileSync(new URL(`./${name}.graphql`, import.meta.url), 'utf8'),
  ...(VARIABLES[name] && { variables: JSON.stringify(VARIABLES[name], null, 2) }),
}));
