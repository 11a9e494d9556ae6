import type { Plugin } from 'graphql-yoga';
import type { Readiness } from '../monitoring/readiness.ts';

/** `GET /ready` says whether the server can serve, and if not, why. Yoga itself answers `/health` while it is alive. */
export function useHealth(checkReadiness: () => Promise<Readiness>): Plugin {
  return {
    onRequest({ request, url, fetchAPI, endResponse }) {
      if (url.pathname !== '/ready' || (request.method !== 'GET' && request.method !== 'HEAD')) return;
      return checkReadiness().then((readiness) => {
        endResponse(fetchAPI.Response.json(readiness, { status: readiness.isReady ? 200 : 503 }));
      });
    },
  };
}
