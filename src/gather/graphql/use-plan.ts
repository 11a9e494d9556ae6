import { GraphQLError, getOperationAST, type ValidatedExecutionArgs, validateExecutionArgs } from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import { withoutValues } from '../errors.ts';
import { acceptOf, formatOfParts, type PartsFormat } from '../http/accept.ts';
import { mayComeInParts } from './execution/plan.ts';
import type { Operation } from './operation.ts';
import type { OperationPlan, PlanOf } from './operation-plan.ts';

const MAX_ERRORS = 20;
/** Each error quotes the whole invalid value, before that is removed again. */
const MAX_CHARACTERS_FOR_MANY = 10_000;
/** https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json */
const HTTP = { status: 400, spec: true };

/** What this plugin adds to the context. */
export interface PlannedContext {
  planned: PlannedOperation;
}

/** An operation that can be executed. */
interface PlannedOperation extends OperationPlan {
  /** With coerced variables. */
  args: ValidatedExecutionArgs;
  /** The format of its parts; undefined if it is answered in one piece. */
  format: PartsFormat | undefined;
}

type Variables = Readonly<Record<string, unknown>>;

/**
 * Validates and plans each operation. Refuses variables that do not match their types, with up to 20 errors; for large
 * variables only the first error is reported, where the executor would collect fifty. An operation with @defer or @stream
 * is answered in one piece if its client does not accept parts.
 */
export function usePlan(planOf: PlanOf): Plugin<YogaInitialContext & PlannedContext> {
  const plan = ({ args, setResultAndStopExecution: stop }: Operation<YogaInitialContext & PlannedContext>) => {
    const { contextValue: context } = args;
    const validated = validate(args, 1);
    if (!('schema' in validated)) return stop({ errors: toRefusals(args, validated) });
    const format = mayComeInParts(validated) ? formatOfParts(acceptOf(context.request)) : undefined;
    try {
      context.planned = { args: validated, format, ...planOf(validated, format !== undefined) };
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      stop({ errors: [error] });
    }
  };
  return { onExecute: plan, onSubscribe: plan };
}

type Args = Operation['args'];

function validate(args: Args, maxCoercionErrors: number) {
  return validateExecutionArgs({ ...args, options: { maxCoercionErrors } });
}

/** @param errors of the document, or the first one of the variables, perhaps with one that says that there are more */
function toRefusals(args: Args, errors: readonly GraphQLError[]): readonly GraphQLError[] {
  if (!getOperationAST(args.document, args.operationName)) return errors;
  const all = isShort(args.variableValues ?? {}) ? validate(args, MAX_ERRORS) : errors.slice(0, 1);
  return 'schema' in all ? [] : all.map(toRefusal);
}

/** Stops counting at the limit: to print a megabyte takes ten milliseconds. */
function isShort(variables: Variables): boolean {
  let left = MAX_CHARACTERS_FOR_MANY;
  const count = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      left -= typeof value === 'string' ? value.length : 1;
      return;
    }
    for (const name of Object.keys(value)) {
      if (left < 0) return;
      left -= name.length;
      count(Reflect.get(value, name));
    }
  };
  count(variables);
  return left >= 0;
}

function toRefusal(error: GraphQLError): GraphQLError {
  const { message, nodes, extensions } = withoutValues(error);
  return new GraphQLError(message, { nodes: nodes ?? null, extensions: { ...extensions, http: HTTP } });
}
