import type { Plugin } from 'graphql-yoga';

/** What of the server works at present. */
export interface Readiness {
  isReady: boolean;
  /** Why not; absent when ready. */
  reason?: string;
  /** Whatever helps to see why: queues, breakers. */
  [detail: string]: unknown;
}

/** `GET /health` says that the process is alive; `GET /ready` whether it can serve, and if not, why. */
export function useHealth(checkReadiness: () => Promise<Readiness>): Plugin {
  return {
    async onRequest({ request, url, fetchAPI, endResponse }) {
      if (request.method !== 'GET' && request.method !== 'HEAD') return;
      if (url.pathname === '/health') endResponse(fetchAPI.Response.json({ isAlive: true }));
      if (url.pathname !== '/ready') return;
      const readiness = await checkReadiness();
      endResponse(fetchAPI.Response.json(readiness, { status: readiness.isReady ? 200 : 503 }));
    },
  };
}
