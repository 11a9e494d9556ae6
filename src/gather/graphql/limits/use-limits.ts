import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { findExceededLimits } from './exceeded-limits.ts';
import type { Limits } from './limits.ts';
import { createParse, findExcessOfTokens } from './tokens.ts';

/**
 * Refuses documents that ask for too much: while they are parsed, and then before the rules of GraphQL look at them,
 * some of which take quadratic time. A document that passed both is known the next time; of one that did not nothing is
 * kept, because its errors may take more memory than itself.
 */
export function useLimits(limits: Limits): Plugin {
  const parse = createParse(limits.maxTokens);
  const accepted = new WeakSet<DocumentNode>();
  return {
    onParse({ setParseFn }) {
      setParseFn(parse);
      return ({ result }) => {
        const excess = findExcessOfTokens(result, limits.maxTokens);
        if (excess) throw excess;
      };
    },
    onValidate({ params: { documentAST }, setResult }) {
      if (accepted.has(documentAST)) return setResult([]);
      const exceededLimits = findExceededLimits(documentAST, limits);
      if (exceededLimits.length > 0) return setResult(exceededLimits);
      return ({ valid }) => {
        if (valid) accepted.add(documentAST);
      };
    },
  };
}
