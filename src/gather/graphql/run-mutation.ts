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
 * Runs a mutation. Expected failures, such as invalid input and missing or conflicting rows, become `userErrors`, returned
 * with `nothing`; any other is thrown. Afterwards the loaders are renewed.
 *
 * @param nothing the payload of a failed mutation
 * @param pathOf the input path of an error; by default the field that it names
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
    const userErrors = toUserErrors(error, pathOf);
    context.userErrors = [...(context.userErrors ?? []), ...new Set(userErrors.map(({ code }) => code))];
    return { ...nothing, userErrors };
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
