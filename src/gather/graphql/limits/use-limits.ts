import type { DocumentNode } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { findExceededLimits } from './exceeded-limits.ts';
import type { Limits } from './limits.ts';
import { createParse, findTokenExcess } from './tokens.ts';

/**
 * Refuses documents that exceed the limits: while they are parsed, and then before validation, some of whose rules take
 * quadratic time. A valid document is remembered; an invalid one is not, because its errors may take more memory than
 * the document.
 */
export function useLimits(limits: Limits): Plugin {
  const parse = createParse(limits.maxTokens);
  const accepted = new WeakSet<DocumentNode>();
  return {
    onParse({ setParseFn }) {
      setParseFn(parse);
      return ({ result }) => {
        const excess = findTokenExcess(result, limits.maxTokens);
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
