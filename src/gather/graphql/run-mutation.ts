import { ZodError } from 'zod';
import type { Context } from '../context.ts';
import { cut, GatherError } from '../errors.ts';
import type { ErrorCode, UserError } from './schema.generated.ts';

type Payload<Result> = Result & { userErrors: UserError[] };
type PathOf = (error: GatherError) => string[] | null;

const EXPECTED: ReadonlySet<string> = new Set<string>([
  ...(['INVALID_INPUT', 'NOT_FOUND', 'CONFLICT', 'FORBIDDEN', 'LIMIT_EXCEEDED'] as const),
  ...(['WRONG_CREDENTIALS', 'TOO_MANY_ATTEMPTS', 'QUOTA_EXCEEDED'] as const),
]);

/**
 * Runs a mutation. Invalid input, and missing or conflicting rows, become `userErrors` beside `nothing`; any other failure
 * is thrown. Afterwards the loaders are renewed.
 *
 * @param pathOf the path in the input of an error of the database; by default the field with the column's name
 */
export async function runMutation<Result extends object, Nothing extends object>(
  context: Context,
  nothing: Nothing,
  work: () => Promise<Result>,
  pathOf: PathOf = ({ field }) => (field ? [field] : null),
): Promise<Payload<Result> | Payload<Nothing>> {
  try {
    return { ...(await work()), userErrors: [] };
  } catch (error) {
    return { ...nothing, userErrors: toUserErrors(error, pathOf) };
  } finally {
    context.renewLoaders();
  }
}

function toUserErrors(error: unknown, pathOf: PathOf): UserError[] {
  if (error instanceof ZodError) {
    return error.issues.map(({ path, message }) => ({
      code: 'INVALID_INPUT',
      message: cut(message),
      field: path.map(String),
    }));
  }
  if (error instanceof GatherError && isExpected(error.code)) {
    return [{ code: error.code, message: error.message, field: pathOf(error) }];
  }
  throw error;
}

function isExpected(code: string): code is ErrorCode {
  return EXPECTED.has(code);
}
