import { type ExecutionArgs, type GraphQLError, type ValidatedExecutionArgs, validateExecutionArgs } from 'graphql';

/** The arguments of an execution; those that are validated are not validated again. */
export type Args = ExecutionArgs | ValidatedExecutionArgs;

/** Validates the arguments and coerces the variables. @returns the errors if they are invalid */
export function validate(args: Args): ValidatedExecutionArgs | readonly GraphQLError[] {
  return 'operation' in args ? args : validateExecutionArgs(args);
}
