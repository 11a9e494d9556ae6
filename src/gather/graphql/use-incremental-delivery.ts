import {
  type DirectiveNode,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  experimentalExecuteIncrementally,
  GraphQLError,
  Kind,
  legacyExecuteIncrementally,
  visit,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Accept } from '../header-fields.ts';
import { acceptOf, PARTS, weightOfWhole } from '../http/accept.ts';
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
 * Executes operations with @defer or @stream by graphql-js, in the format that the client's `Accept` names: that of 2022
 * (`deferSpec=20220824`) or the current one (`incrementalSpec=v0.2`, the default). A client that does not accept parts
 * gets one complete response. All other operations are left to Yoga's executor.
 *
 * @param maskError converts an error to the client's view of it
 */
export function useIncrementalDelivery(maskError: (error: unknown) => GraphQLError, planOf: PlanOf): Plugin {
  const wholes = new WeakMap<readonly DirectiveNode[], DocumentNode>();
  return {
    onExecute({ args, setExecuteFn, setResultAndStopExecution }) {
      const incremental = planOf(args.document, args.operationName)?.incremental ?? [];
      if (incremental.length === 0) return;
      const { request }: { request: Request } = args.contextValue;
      const format = findFormat(acceptOf(request));
      if (!format) {
        const whole = wholes.get(incremental) ?? withoutDirectives(args.document, incremental);
        wholes.set(incremental, whole);
        args.document = whole;
        return;
      }
      if (hasNegativeCount(incremental, args.variableValues))
        return setResultAndStopExecution({ errors: [negativeCount()] });
      const execute = format === 'of 2022' ? legacyExecuteIncrementally : experimentalExecuteIncrementally;
      setExecuteFn(async (executionArgs: ExecutionArgs) => {
        const result = await execute(executionArgs);
        return 'initialResult' in result ? deliver(result, maskError) : result;
      });
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

/** The document for a client that does not accept parts. */
function withoutDirectives(document: DocumentNode, directives: readonly DirectiveNode[]): DocumentNode {
  const removed = new Set(directives);
  return visit(document, { Directive: (directive) => (removed.has(directive) ? null : undefined) });
}
