import type { Plugin } from 'graphql-yoga';
import { badRequest } from './bad-request.ts';

/** Refuses methods other than GET and POST. Yoga does, too, without saying what it got. */
export function useMethod(): Plugin {
  return {
    onRequestParse({ request: { method } }) {
      if (method === 'GET' || method === 'POST') return;
      throw badRequest(405, `Expected GET or POST, got ${method}.`, { Allow: 'GET, POST' });
    },
  };
}
