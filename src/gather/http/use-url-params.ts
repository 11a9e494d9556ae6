import type { Plugin } from 'graphql-yoga';
import { toUrlParams } from './graphql-params.ts';

/** Reads the parameters of a GET from its URL, with the same checks as those of a JSON body. */
export function useUrlParams(): Plugin {
  return {
    onRequestParse({ request, url, setRequestParser }) {
      if (request.method === 'GET') setRequestParser(() => toUrlParams(url.searchParams));
    },
  };
}
