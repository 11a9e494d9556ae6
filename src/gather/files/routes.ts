import type { IncomingMessage, ServerResponse } from 'node:http';

/** Answers an upload or a download. Never rejects; releases its resources when the client leaves. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Routes by the first segment of their path: `files` for `/files/…`. */
export type Routes = Readonly<Record<string, Route>>;

/** The route of a request; undefined if no route has its path. */
export function findRoute(routes: Routes, { url = '' }: IncomingMessage): Route | undefined {
  const [, segment = ''] = url.split(/[/?]/, 2);
  return Object.hasOwn(routes, segment) ? routes[segment] : undefined;
}
