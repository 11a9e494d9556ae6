import type { ExecutionResult, ValidatedExecutionArgs } from 'graphql';
import type { PartsFormat } from '../../http/accept.ts';
import type { MaskError } from '../../monitoring/mask-errors.ts';
import { execute } from '../execution/execute.ts';
import { executeIncrementally, executeIncrementallyAsOf2022 } from '../execution/execute-incrementally.ts';
import type { SizeLimit } from '../execution/size.ts';
import { isParts, type Part, type Result } from './part.ts';
import type { PlannedOperation } from './plan-operation.ts';

interface Parts {
  initialResult: Part;
  subsequentResults: AsyncGenerator<Part, void, void>;
}

/** Executes a query or a mutation, breadth first. */
export function executePlanned({ args, format }: PlannedOperation, limit: SizeLimit): Result | Promise<Result> {
  return format ? executeInParts(args, format, limit) : execute(args, limit);
}

async function executeInParts(args: ValidatedExecutionArgs, format: PartsFormat, limit: SizeLimit): Promise<Result> {
  const result = await (format === 'of 2022' ? executeIncrementallyAsOf2022 : executeIncrementally)(args, limit);
  return 'initialResult' in result ? deliver(result) : result;
}

async function* deliver({ initialResult, subsequentResults }: Parts): AsyncGenerator<Part> {
  try {
    yield initialResult;
    yield* subsequentResults;
  } finally {
    await subsequentResults.return();
  }
}

/**
 * Masks the errors of a result, or of each of its parts. If it fails to give a part, its last part is that error.
 * @param signal of the operation
 */
export function masked(result: Result, maskError: MaskError, signal: AbortSignal): Result {
  return isParts(result) ? maskedParts(result, maskError, signal) : maskPart(result, maskError);
}

async function* maskedParts(
  parts: AsyncIterable<Part>,
  maskError: MaskError,
  signal: AbortSignal,
): AsyncGenerator<Part> {
  try {
    for await (const part of parts) yield maskPart(part, maskError);
  } catch (error) {
    // Thrown by what the application has stopped with the signal.
    if (signal.aborted && error instanceof Error && error.name === 'AbortError') return;
    yield { errors: [maskError(error)] };
  }
}

function maskPart(part: Part, maskError: MaskError): Part {
  const mask = <T extends Pick<ExecutionResult, 'errors'>>(it: T): T =>
    it.errors ? { ...it, errors: it.errors.map(maskError) } : it;
  if (!part.incremental && !part.completed) return mask(part);
  return {
    ...mask(part),
    ...(part.incremental && { incremental: part.incremental.map(mask) }),
    ...(part.completed && { completed: part.completed.map(mask) }),
  };
}
