import type { Plugin } from 'graphql-yoga';
import type { Readiness } from './readiness.ts';

/** The path in a URL of a health check. Every operation is looked at here, and each read of Yoga's `url` parses it again. */
const PATH = /^(?:\w+:\/\/[^/?#]+)?(\/health|\/ready)(?:[?#]|$)/;

/** `GET /health` answers that the server is alive; `GET /ready` whether it can serve, and if not, why. */
export function useHealth(checkReadiness: () => Promise<Readiness>): Plugin {
  return {
    onRequest({ request: { method, url }, fetchAPI: { Response }, endResponse }) {
      const path = PATH.exec(url)?.[1];
      if (!path) return undefined;
      if (method !== 'GET' && method !== 'HEAD') {
        const error = { message: `Expected GET or HEAD, got ${method}.`, extensions: { code: 'BAD_REQUEST' } };
        return endResponse(Response.json({ errors: [error] }, { status: 405, headers: { allow: 'GET, HEAD' } }));
      }
      if (path === '/health') return endResponse(new Response(null, { status: 200 }));
      return checkReadiness().then((readiness) => {
        endResponse(Response.json(readiness, { status: readiness.isReady ? 200 : 503 }));
      });
    },
  };
}
