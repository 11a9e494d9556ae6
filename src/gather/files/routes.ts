import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers a request for bytes, or with bytes. Never rejects; closes what it opens when the client leaves. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The routes whose paths begin with these, by the first segment: `/files/…`. */
export type Routes = Readonly<Record<string, Route>>;

/** The route for a request; undefined where it is for another part of the server. */
export function findRoute(routes: Routes, { url = '' }: IncomingMessage): Route | undefined {
  const [, segment = ''] = url.split(/[/?]/, 2);
  return Object.hasOwn(routes, segment) ? routes[segment] : undefined;
}
