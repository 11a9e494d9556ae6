import type { ExecutionResult, GraphQLError } from 'graphql';
import { isAsyncIterable, type Plugin } from 'graphql-yoga';
import { toClientError } from '../../errors.ts';
import type { CancellationContext } from '../use-cancellation.ts';
import { AnswerSize } from './answer-size.ts';

/** What this plugin adds to the context. */
export interface AnswerSizeContext {
  /** Counts the answer while it is made. */
  answerSize: AnswerSize;
}

type Failing = Pick<ExecutionResult, 'errors'>;
type Part = ExecutionResult & Partial<Record<'incremental' | 'completed', readonly Failing[]>>;

/** Of an error, its message and path apart: names, code, places. */
const ERROR_BYTES = 150;

/**
 * Stops an operation whose answer is too large as soon as that is known: what is still under way is cancelled, and the
 * answer is one error. Of an answer in parts each part has the limit, of a subscription each event. Comes after
 * `useCancellation`.
 */
export function useAnswerSize(
  maxBytes: number,
): Plugin<AnswerSizeContext & CancellationContext, Partial<AnswerSizeContext>> {
  return {
    onEnveloped({ context, extendContext }) {
      if (context) extendContext({ answerSize: new AnswerSize(maxBytes, context.stop) });
    },
    onExecutionResult({ result, context: { answerSize }, setResult }) {
      // Yoga gives some results before there is an operation.
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
      // Not the fields, whose errors the executor has put where the format wants them.
      yield { errors: [toError(size)], hasNext: false };
      return;
    }
    yield part;
    size.beginPart();
  }
}

/** With its errors, which nothing counts before: each is as long as the path to it. */
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
