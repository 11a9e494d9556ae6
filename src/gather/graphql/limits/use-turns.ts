import { setImmediate as nextTurn } from 'node:timers/promises';
import { createGraphQLError, type Plugin } from 'graphql-yoga';
import { onAbort } from '../../abort.ts';
import { type Permit, Semaphore } from '../../concurrency/semaphore.ts';
import type { Context } from '../../context.ts';
import { HTTP_STATUSES, toClientError } from '../../errors.ts';
import type { Operation } from '../operation.ts';
import { keyOf } from './use-cost.ts';

/**
 * Runs a limited number of a client's operations at a time; more wait in line, until their deadline. Subscriptions do not
 * count: they wait for events most of the time. Comes before `useCost`: many that are refused for lack of points would keep
 * the event loop from others, too.
 */
export function useTurns(maxOperations: number): Plugin<Context> {
  const turns = new Semaphore({
    size: Number.POSITIVE_INFINITY,
    perKey: maxOperations,
    toError: () => new Error('Any number of operations may wait, for any time.'),
  });
  return {
    onExecute({ args, setResultAndStopExecution: stop }: Operation<Context>) {
      const { signal } = args.contextValue;
      // Until the operation has its answer, or nobody waits for it.
      const hold = (permit: Permit) => void onAbort(signal, permit.release);
      const refuse = (error: unknown) => stop({ errors: [withStatus(toClientError(error))] });
      try {
        const permit = turns.acquire(signal, keyOf(args.contextValue));
        if (!(permit instanceof Promise)) return hold(permit);
        // A line of cheap operations must not run in one turn of the event loop, with the others waiting.
        return permit.then((it) => nextTurn().then(() => hold(it))).catch(refuse);
      } catch (error) {
        return refuse(error);
      }
    },
  };
}

function withStatus({ message, extensions }: ReturnType<typeof toClientError>) {
  const status = HTTP_STATUSES[extensions['code'] as keyof typeof HTTP_STATUSES];
  return createGraphQLError(message, { extensions: { ...extensions, http: { status, spec: false } } });
}
