import { type DocumentNode, type ExecutionResult, getOperationAST } from 'graphql';
import { isAsyncIterable, type Maybe, type Plugin } from 'graphql-yoga';
import type { Logger } from '../monitoring/log.ts';
import type { MaskError } from '../monitoring/mask-errors.ts';
import { inThisRequest } from '../monitoring/request-id.ts';
import { round } from '../monitoring/timing.ts';
import { countErrors } from './count-errors.ts';
import type { TimingContext } from './use-timing.ts';

/**
 * Logs one line per operation when it ends: its name, duration, and number of calls and errors. Also masks errors thrown
 * outside of operations.
 */
export function useLog(log: Logger, maskError: MaskError): Plugin<TimingContext, TimingContext> {
  const operations = new WeakMap<object, string>();
  const note = ({
    args,
  }: {
    args: { document: DocumentNode; operationName?: Maybe<string>; contextValue: object };
  }) => {
    const operation = getOperationAST(args.document, args.operationName);
    if (operation) operations.set(args.contextValue, `${operation.operation} ${operation.name?.value ?? '(no name)'}`);
  };
  return {
    instrumentation: {
      async request(_, answer) {
        try {
          await answer();
        } catch (error) {
          throw withoutStack(maskError(error).toJSON());
        }
      },
    },
    onExecute: note,
    onSubscribe: note,
    onExecutionResult({ result, context, setResult }) {
      const write = (errors: number) => {
        const { count, elapsed } = context.timing;
        const operation = operations.get(context) ?? 'refused';
        log.info({ operation, ms: round(elapsed), calls: count, errors });
      };
      if (isAsyncIterable(result)) setResult(inThisRequest(whenOver(result, write)));
      else write(result?.errors?.length ?? 0);
    },
  };
}

/** Removes the stack, which Yoga would send to the client for an error in a hook. */
function withoutStack(error: object): Error {
  const bare = new Error(JSON.stringify({ errors: [error] }));
  bare.stack = bare.message;
  return bare;
}

async function* whenOver(
  parts: AsyncIterable<ExecutionResult>,
  write: (errors: number) => void,
): AsyncGenerator<ExecutionResult, void, void> {
  let errors = 0;
  try {
    for await (const part of parts) {
      errors += countErrors(part);
      yield part;
    }
  } finally {
    write(errors);
  }
}
