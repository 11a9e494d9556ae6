import type { Plugin } from 'graphql-yoga';
import type { Readiness } from './readiness.ts';

/** `GET /health` answers that the server is alive; `GET /ready` whether it can serve, and if not, why. */
export function useHealth(checkReadiness: () => Promise<Readiness>): Plugin {
  return {
    onRequest({ request: { method }, url, fetchAPI: { Response }, endResponse }) {
      if (url.pathname !== '/ready' && url.pathname !== '/health') return undefined;
      if (method !== 'GET' && method !== 'HEAD') {
        const error = { message: `Expected GET or HEAD, got ${method}.`, extensions: { code: 'BAD_REQUEST' } };
        return endResponse(Response.json({ errors: [error] }, { status: 405, headers: { allow: 'GET, HEAD' } }));
      }
      if (url.pathname === '/health') return endResponse(new Response(null, { status: 200 }));
      return checkReadiness().then((readiness) => {
        endResponse(Response.json(readiness, { status: readiness.isReady ? 200 : 503 }));
      });
    },
  };
}
