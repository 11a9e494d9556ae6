import { getOperationAST } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Context } from '../context.ts';
import type { Replica } from '../database/replica.ts';
import type { Operation } from './operation.ts';

/** Notes when a mutation has ended, before its client has the answer. */
export function useReplica(replica: Replica): Plugin<Context> {
  const mutations = new WeakMap<object, string>();
  return {
    onExecute({ args: { document, operationName, contextValue } }: Operation<Context>) {
      const isMutation = getOperationAST(document, operationName)?.operation === 'mutation';
      if (isMutation) mutations.set(contextValue, contextValue.client.key);
    },
    async onExecutionResult({ context }) {
      const key = mutations.get(context);
      if (key !== undefined) await replica.noteWrite(key);
    },
  };
}
