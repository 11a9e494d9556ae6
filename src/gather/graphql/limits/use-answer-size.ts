import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { toClientError } from '../../errors.ts';
import type { CancellationContext } from '../use-cancellation.ts';
import { AnswerSize } from './answer-size.ts';

/** What this plugin adds to the context. */
export interface AnswerSizeContext {
  /** Counts the bytes of the response while it is built. */
  answerSize: AnswerSize;
}

/**
 * Stops an operation as soon as its response is too large: running calls are cancelled, and the response is one error. In
 * incremental delivery the limit applies to each part, in a subscription to each event. Comes after `useCancellation`.
 */
export function useAnswerSize(
  maxBytes: number,
): Plugin<AnswerSizeContext & CancellationContext, Partial<AnswerSizeContext>> {
  return {
    onEnveloped({ context, extendContext }) {
      if (context) extendContext({ answerSize: new AnswerSize(maxBytes, context.stop) });
    },
    onExecutionResult({ result, context: { answerSize }, setResult }) {
      // Yoga creates some results before there is an operation.
      if (!result || !answerSize) return;
      if (isAsyncIterable(result)) setResult(inParts(result as AsyncIterable<ExecutionResult>, answerSize));
      else if (answerSize.excess) setResult({ data: null, errors: [toClientError(answerSize.excess)] });
    },
  };
}

/** A first part or an event that is too large becomes its error, and ends the response. A later part has the error in it. */
async function* inParts(parts: AsyncIterable<ExecutionResult>, size: AnswerSize): AsyncGenerator<ExecutionResult> {
  for await (const part of parts) {
    if (size.excess && 'data' in part) {
      yield { data: null, errors: [toClientError(size.excess)], ...('hasNext' in part && { hasNext: false }) };
      return;
    }
    yield part;
    size.beginPart();
  }
}
