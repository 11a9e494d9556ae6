import type { App } from '../app.ts';
import type { SampleAccount } from './sample-users.ts';
import type { Surroundings } from './surroundings.ts';

/** What there is to open and to try. */
export function welcome({ firstQuery }: App, url: string, { users, isEmbedded, fetchable }: Surroundings): string {
  const places: [string, string][] = [
    [`${url}/graphql`, 'GraphiQL, with queries to try'],
    [`${url}/ready`, 'whether it can serve'],
  ];
  if (fetchable !== undefined) places.push([fetchable, 'data of an example service, which jobs may fetch']);
  if (isEmbedded) places.push(['npm run gather psql', 'the database, from another terminal']);
  const width = Math.max(...places.map(([place]) => place.length));
  return `
Gather is ready:
${places.map(([place, what]) => `  ${place.padEnd(width)}   ${what}`).join('\n')}

${toFirstQuery(url, firstQuery)}${toAccounts(users)}Ctrl-C stops everything.
`;
}

function toFirstQuery(url: string, query: string | undefined): string {
  if (query === undefined) return '';
  return `A first query:
  curl ${url}/graphql -H 'content-type: application/json' \\
    -d '${JSON.stringify({ query })}'

`;
}

function toAccounts(users: readonly SampleAccount[]): string {
  const [user] = users;
  if (!user) return '';
  const lines = users.map(({ email, role, password }) => `  ${email.padEnd(30)} ${password}   ${role}`);
  return `Accounts to try, with new passwords at each start:
${lines.join('\n')}

To sign in. GraphiQL keeps the cookie; other clients send the token, as \`Authorization: Bearer …\`:
  mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }
  with the variables {"input":{"email":"${user.email}","password":"${user.password}"}}

`;
}
