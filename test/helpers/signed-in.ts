import { Passwords } from '../../src/gather/accounts/passwords.ts';
import { insertUser } from '../../src/gather/accounts/user-rows.ts';
import type { Role } from '../../src/gather/viewer.ts';
import type { Answer, TestApp } from './app.ts';
import { fixture } from './fixture.ts';

/** What a request gave. */
export interface Reply extends Answer {
  status: number;
  headers: Headers;
}

const passwords = new Passwords();

/** Writes a user, who can sign in. @returns the key of the row */
export async function addUser(
  { database: { database, ask } }: TestApp,
  { email, password, role = fixture.app.roles.signedIn }: { email: string; password: string; role?: Role },
): Promise<string> {
  const passwordHash = await passwords.hash(password, database.signal);
  await insertUser(database, { email, name: 'Ann', role, passwordHash });
  const [row] = await ask<{ id: string }>('select id from "user" where email = $1', [email]);
  return row?.id ?? '';
}

/** Sends an operation in process, as whoever the headers say. */
export async function send(
  { app }: TestApp,
  query: string,
  headers: Record<string, string> = {},
  variables: Record<string, unknown> = {},
): Promise<Reply> {
  const response = await app.fetch('http://gather/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, headers: response.headers, ...((await response.json()) as Answer) };
}

const SIGN_IN = `mutation ($email: String!, $password: String!) {
  signIn(input: { email: $email, password: $password }) {
    token expiresAt viewer { id email name role } userErrors { code message field }
  }
}`;

/** Signs in, in process. */
export function signIn(gather: TestApp, email: string, password: string, headers: Record<string, string> = {}) {
  return send(gather, SIGN_IN, headers, { email, password });
}

/** The header that a program sends. */
export function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}
