import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { toClientError } from '../../errors.ts';
import type { CancellationContext } from '../use-cancellation.ts';
import { AnswerSize } from './answer-size.ts';

/** What this plugin adds to the context. */
export interface AnswerSizeContext {
  /** Counts the bytes of the response while it is built. */
  answerSize: AnswerSize;
}

type Failing = Pick<ExecutionResult, 'errors'>;
type Part = ExecutionResult & Partial<Record<'incremental' | 'completed', readonly Failing[]>>;

/** Size of an error besides its message and path: names, code, locations. */
const ERROR_BYTES = 150;

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
      if (isAsyncIterable(result)) setResult(inParts(result as AsyncIterable<Part>, answerSize));
      else if (isTooLarge(result, answerSize)) setResult({ data: null, errors: [toError(answerSize)] });
    },
  };
}

async function* inParts(parts: AsyncIterable<Part>, size: AnswerSize): AsyncGenerator<Part & { hasNext?: boolean }> {
  for await (const part of parts) {
    const isStopped = size.excess !== undefined;
    if (!isStopped && isTooLarge(part, size)) {
      // Not if a field exceeded the limit: the executor has already placed its error as the format demands.
      yield { errors: [toError(size)], hasNext: false };
      return;
    }
    yield part;
    size.beginPart();
  }
}

/** Counts the errors of a part too, each by its message and path; nothing else counts them. */
function isTooLarge(part: Part, size: AnswerSize): boolean {
  try {
    for (const { errors = [] } of [part, ...(part.incremental ?? []), ...(part.completed ?? [])]) {
      for (const error of errors) size.add(errorBytes(error));
    }
  } catch (error) {
    if (error !== size.excess) throw error;
  }
  return size.excess !== undefined;
}

function errorBytes({ message, path = [] }: GraphQLError): number {
  return path.reduce<number>((sum, key) => sum + `${key}`.length, ERROR_BYTES + message.length);
}

function toError({ excess }: AnswerSize): GraphQLError {
  return toClientError(excess);
}
