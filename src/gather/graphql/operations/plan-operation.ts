import { GraphQLError, type GraphQLSchema, type ValidatedExecutionArgs, validateExecutionArgs } from 'graphql';
import { acceptOf, formatOfParts, type PartsFormat } from '../../http/accept.ts';
import { mayComeInParts } from '../execution/plan.ts';
import { Refused, toInvalid } from '../limits/refusal.ts';
import type { OperationPlan, PlanOf } from './operation-plan.ts';

const MAX_ERRORS = 20;
/** Each error quotes the whole invalid value, before that is removed again. */
const MAX_CHARACTERS_FOR_MANY = 10_000;

/** An operation that can be executed. */
export interface PlannedOperation extends OperationPlan {
  /** With coerced variables. */
  args: ValidatedExecutionArgs;
  /** The format of its parts; undefined if it is answered in one piece. */
  format: PartsFormat | undefined;
}

/** The arguments of graphql-js's `execute`, for a valid document that has the operation. */
export type ExecutionArgs = Parameters<typeof validateExecutionArgs>[0] & { schema: GraphQLSchema };

/**
 * Checks the variables of an operation, and plans it. With @defer or @stream it is answered in one piece if its client does
 * not accept parts.
 * @throws Refused if variables do not match their types, with up to 20 errors; for large variables with the first only,
 *   where the executor would collect fifty
 */
export function planOperation(args: ExecutionArgs, request: Request, planOf: PlanOf): PlannedOperation {
  const validated = validate(args, 1);
  if (!('schema' in validated)) throw new Refused(...toRefusals(args, validated));
  const format = mayComeInParts(validated) ? formatOfParts(acceptOf(request)) : undefined;
  try {
    return { args: validated, format, ...planOf(validated, format !== undefined) };
  } catch (error) {
    throw error instanceof GraphQLError ? new Refused(error) : error;
  }
}

function validate(args: ExecutionArgs, maxCoercionErrors: number) {
  return validateExecutionArgs({ ...args, options: { maxCoercionErrors } });
}

/** @param errors the first one of the variables, perhaps with one that says that there are more */
function toRefusals(args: ExecutionArgs, errors: readonly GraphQLError[]): readonly GraphQLError[] {
  const all = isShort(args.variableValues ?? {}) ? validate(args, MAX_ERRORS) : errors.slice(0, 1);
  return 'schema' in all ? [] : all.map((error) => toInvalid(error));
}

/** Stops counting at the limit: to print a megabyte takes ten milliseconds. */
function isShort(variables: Readonly<Record<string, unknown>>): boolean {
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
