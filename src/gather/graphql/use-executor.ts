import { type DirectiveNode, type ExecutionArgs, type ExecutionResult, GraphQLError, Kind } from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import type { Accept } from '../header-fields.ts';
import { acceptOf, PARTS, weightOfWhole } from '../http/accept.ts';
import { execute } from './execution/execute.ts';
import { executeIncrementally, executeIncrementallyAsOf2022 } from './execution/execute-incrementally.ts';
import { subscribe } from './execution/subscribe.ts';
import type { AnswerSizeContext } from './limits/use-answer-size.ts';
import type { PlanOf } from './operation-plan.ts';

const FORMAT_OF_2022 = '20220824';

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
 * Executes operations breadth first, up to the limit of `useAnswerSize`. One with @defer or @stream is answered in the format of parts that the client's
 * `Accept` names: that of 2022 (`deferSpec=20220824`) or the current one (`incrementalSpec=v0.2`, the default). A client
 * that does not accept parts gets one complete response.
 *
 * @param maskError converts an error to the client's view of it
 */
export function useExecutor(
  maskError: (error: unknown) => GraphQLError,
  planOf: PlanOf,
): Plugin<YogaInitialContext & AnswerSizeContext> {
  return {
    onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
      const incremental = planOf(args.document, args.operationName)?.incremental ?? [];
      const { request, answerSize } = args.contextValue;
      const format = incremental.length === 0 ? undefined : findFormat(acceptOf(request));
      if (!format) return setExecuteFn((executionArgs) => execute(executionArgs, answerSize));
      if (hasNegativeCount(incremental, args.variableValues))
        return setResultAndStopExecution({ errors: [negativeCount()] });
      const executeInParts = format === 'of 2022' ? executeIncrementallyAsOf2022 : executeIncrementally;
      setExecuteFn(async (executionArgs: ExecutionArgs) => {
        const result = await executeInParts(executionArgs, answerSize);
        return 'initialResult' in result ? deliver(result, maskError) : result;
      });
    },
    onSubscribe({ args, setSubscribeFn }) {
      setSubscribeFn((executionArgs) => subscribe(executionArgs, args.contextValue.answerSize));
    },
  };
}

/** The format of the parts that a client accepts; undefined if it prefers a complete response or accepts no parts. */
function findFormat(accept: Accept): 'of 2022' | 'of today' | undefined {
  const ranges = accept.rangesFor(PARTS);
  const [{ weight } = { weight: 0 }] = ranges;
  if (weight === 0 || weight < weightOfWhole(accept)) return undefined;
  const wanted = ranges.filter((range) => range.weight === weight);
  return wanted.some(({ type }) => type.params.get('deferspec') === FORMAT_OF_2022) ? 'of 2022' : 'of today';
}

/** graphql-js would throw an internal error for it. */
function hasNegativeCount(directives: readonly DirectiveNode[], variables: ExecutionArgs['variableValues']): boolean {
  const counts = directives
    .filter(({ name }) => name.value === 'stream')
    .flatMap(({ arguments: given = [] }) => given.filter(({ name }) => name.value === 'initialCount'));
  return counts.some(({ value }) => {
    if (value.kind === Kind.INT) return Number(value.value) < 0;
    return value.kind === Kind.VARIABLE && Number(variables?.[value.name.value]) < 0;
  });
}

function negativeCount(): GraphQLError {
  const message = 'Expected an `initialCount` of 0 or more for @stream, got less.';
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
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
