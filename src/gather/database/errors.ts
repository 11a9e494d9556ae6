import { DatabaseError } from 'pg';
import { GatherError } from '../errors.ts';
import type { FieldNames } from './column-names.ts';

const SOURCE = { source: 'postgres' } as const;

/** SQLSTATE classes and codes of a server that is unavailable or refuses this user. */
const UNAVAILABLE = /^(08|53|57P0|25006|28|3D000)/;
const QUERY_CANCELED = '57014';

/** Connection failures: the system's codes, and messages of pg without a code. */
const SYSTEM_CODE = /^(E[A-Z]+|ERR_SSL.*)$/;
const WORDS_OF_PG = /connection|client was closed|pool after calling end|timeout/i;

/**
 * Converts an error of PostgreSQL or of its connection to a `GatherError`. A fault of the program, such as a column that
 * does not exist, is returned unchanged.
 * @param fields the fields of columns that have other names in the code
 */
export function toGatherError(error: unknown, fields?: FieldNames): unknown {
  if (error instanceof GatherError || !(error instanceof Error)) return error;
  if (!(error instanceof DatabaseError)) return isOfConnection(error) ? fromConnection(error) : error;
  const { code = '' } = error;
  if (UNAVAILABLE.test(code)) return unavailable(error);
  if (code === QUERY_CANCELED) return timeout(error);
  if (isStale(error)) return changed(error);
  return fromRefusal(error, fields) ?? error;
}

/** Whether a connection that failed in this way must not be used again. */
export function isBroken(error: unknown): boolean {
  return error !== undefined && (!(error instanceof DatabaseError) || UNAVAILABLE.test(error.code ?? ''));
}

/** Whether the server stopped the statement: it was cancelled or timed out. */
export function isCanceled(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === QUERY_CANCELED;
}

/** Whether the result types of a prepared statement have changed since it was prepared. */
export function isStale(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '0A000' && error.routine === 'RevalidateCachedQuery';
}

/** Whether a policy of row-level security refuses a value. A missing privilege has the same code. */
export function isOfPolicy({ routine }: DatabaseError): boolean {
  return routine === 'ExecWithCheckOptions';
}

function isOfConnection(error: Error & { code?: unknown }): boolean {
  return (
    SYSTEM_CODE.test(String(error.code ?? '')) || WORDS_OF_PG.test(error.message) || error instanceof AggregateError
  );
}

function fromConnection(error: Error): GatherError {
  return /timeout/i.test(error.message) && !/connect/i.test(error.message) ? timeout(error) : unavailable(error);
}

function unavailable(cause: unknown) {
  return new GatherError('DATABASE_UNAVAILABLE', 'The database cannot be reached at present.', {
    ...SOURCE,
    retryable: true,
    cause,
  });
}

function changed(cause: unknown) {
  return new GatherError('DATABASE_UNAVAILABLE', 'The tables of the database have just been changed. Try again.', {
    ...SOURCE,
    retryable: true,
    cause,
  });
}

function timeout(cause: unknown) {
  return new GatherError('DATABASE_TIMEOUT', 'The database took too long to answer.', {
    ...SOURCE,
    retryable: true,
    cause,
  });
}

/** Converts the violation of a constraint, or a conflict; reads the column at fault, if it is one, from the error's detail. */
function fromRefusal(error: DatabaseError, fields?: FieldNames): GatherError | undefined {
  const fieldOf = (column: string | undefined) => fields?.get(column ?? '') ?? column;
  const [, found, value] = /^Key \("?([^",]+)"?\)=\((.*)\)/s.exec(error.detail ?? '') ?? [];
  const column = fieldOf(found);
  const at = { ...SOURCE, cause: error, field: column, value };
  switch (error.code) {
    case '23505':
      return new GatherError('CONFLICT', column ? `${column} "${value}" is taken.` : 'These values are taken.', at);
    case '23503':
      if (error.detail?.includes('is still referenced')) {
        return new GatherError('CONFLICT', `It is still in use by ${error.table}.`, at);
      }
      return new GatherError('NOT_FOUND', `There is nothing with ${column ? `this ${column}` : 'these values'}.`, at);
    case '23514':
      return new GatherError('INVALID_INPUT', `The values violate the constraint ${error.constraint}.`, at);
    case '23502':
      return new GatherError('INVALID_INPUT', `${fieldOf(error.column)} must not be null.`, {
        ...at,
        field: fieldOf(error.column),
      });
    case '22003':
      return new GatherError('INVALID_INPUT', 'A number is too large for its column.', at);
    case '22007':
    case '22008':
    case '22P02':
    case '22021':
    case '22P05':
      return new GatherError('INVALID_INPUT', 'A value does not fit the type of its column.', at);
    case '42501':
      if (!isOfPolicy(error)) return undefined;
      return new GatherError('FORBIDDEN', 'A policy of the database does not allow these values.', at);
    case '40001':
    case '40P01':
      return new GatherError('CONFLICT', 'Another change came first. Try again.', { ...at, retryable: true });
    default:
      return undefined;
  }
}
