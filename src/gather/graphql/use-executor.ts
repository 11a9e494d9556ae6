import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import { execute } from './execution/execute.ts';
import { executeIncrementally, executeIncrementallyAsOf2022 } from './execution/execute-incrementally.ts';
import { subscribe } from './execution/subscribe.ts';
import type { AnswerSizeContext } from './limits/use-answer-size.ts';
import type { PlannedContext } from './use-plan.ts';

/** One part of an incremental response, in either format. */
interface Part extends ExecutionResult {
  incremental?: readonly { errors?: readonly GraphQLError[] }[];
  completed?: readonly { errors?: readonly GraphQLError[] }[];
}

interface Parts {
  initialResult: Part;
  subsequentResults: AsyncGenerator<Part, void, void>;
}

/**
 * Executes planned operations breadth first, up to the limit of `useAnswerSize`.
 * @param maskError converts an error to the client's view of it
 */
export function useExecutor(
  maskError: (error: unknown) => GraphQLError,
): Plugin<YogaInitialContext & AnswerSizeContext & PlannedContext> {
  return {
    onExecute({ args: { contextValue }, setExecuteFn }) {
      const { planned, answerSize } = contextValue;
      const { args, format } = planned;
      if (!format) return setExecuteFn(() => execute(args, answerSize));
      const executeInParts = format === 'of 2022' ? executeIncrementallyAsOf2022 : executeIncrementally;
      setExecuteFn(async () => {
        const result = await executeInParts(args, answerSize);
        return 'initialResult' in result ? deliver(result, maskError) : result;
      });
    },
    onSubscribe({ args, setSubscribeFn }) {
      setSubscribeFn((executionArgs) => subscribe(executionArgs, args.contextValue.answerSize));
    },
  };
}

async function* deliver(parts: Parts, maskError: (error: unknown) => GraphQLError): AsyncGenerator<Part> {
  const mask = <T extends { errors?: readonly GraphQLError[] }>(part: T): T =>
    part.errors ? { ...part, errors: part.errors.map(maskError) } : part;
  try {
    yield parts.initialResult;
    for await (const part of parts.subsequentResults) {
      yield {
        ...part,
        ...(part.incremental && { incremental: part.incremental.map(mask) }),
        ...(part.completed && { completed: part.completed.map(mask) }),
      };
    }
  } finally {
    await parts.subsequentResults.return();
  }
}
