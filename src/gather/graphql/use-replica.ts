import { type ExecutionResult, getOperationAST } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { AttachedProperty } from '../attached-property.ts';
import type { Context } from '../context.ts';
import type { Replica } from '../database/replica.ts';
import type { Operation } from './operation.ts';

/**
 * Notes what a client may have written or seen: when its mutation has ended, before it has the answer, and before each
 * event of its subscription.
 */
export function useReplica(replica: Replica): Plugin<Context> {
  const mutations = new AttachedProperty<object, string>();

  async function* noted(events: AsyncIterable<ExecutionResult>, key: string) {
    for await (const event of events) {
      await replica.noteWrite(key);
      yield event;
    }
  }

  return {
    onExecute({ args: { document, operationName, contextValue } }: Operation<Context>) {
      const isMutation = getOperationAST(document, operationName)?.operation === 'mutation';
      if (isMutation) mutations.set(contextValue, contextValue.client.key);
    },
    async onExecutionResult({ context }) {
      const key = mutations.get(context);
      if (key !== undefined) await replica.noteWrite(key);
    },
    onSubscribe({ args: { contextValue } }: Operation<Context>) {
      const { key } = contextValue.client;
      return {
        onSubscribeResult({ result, setResult }) {
          if (isAsyncIterable(result)) setResult(noted(result as AsyncIterable<ExecutionResult>, key));
        },
      };
    },
  };
}
