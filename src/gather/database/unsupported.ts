import pg from 'pg';
import { GatherError } from '../errors.ts';
import { isOfPolicy } from './errors.ts';
import { isReadOnlyByDefault } from './session.ts';
import type { BoundStatement } from './statement.ts';
import type { Definitions } from './tables.ts';

const UNDEFINED_TABLE = '42P01';
const INSUFFICIENT_PRIVILEGE = '42501';
const READ_ONLY_TRANSACTION = '25006';
const CHANGE = /\b(?:insert\s+into|update|delete\s+from|merge\s+into)\b/i;

interface Asked {
  definitions: Definitions;
  /** Whether the statement ran with the settings of its viewer, who may have a role. */
  isAsViewer: boolean;
}

/**
 * The error for a client whose request needs what the database does not have or allow by its owner's decision: the engine's
 * tables, or changes by a role that may only read. Undefined for any other error, as of a table that the application lacks.
 */
export function findUnsupported(
  cause: unknown,
  { text }: Pick<BoundStatement<unknown>, 'text'>,
  client: pg.ClientBase,
  { definitions, isAsViewer }: Asked,
): GatherError | undefined {
  if (!(cause instanceof pg.DatabaseError)) return undefined;
  const isOfEngine = text.includes(`${pg.escapeIdentifier(definitions['gather.job'].schema)}.`);
  const { code } = cause;
  if (code === UNDEFINED_TABLE && isOfEngine) {
    return unsupported('This needs tables that the database of this server does not have.', cause);
  }
  if (code === INSUFFICIENT_PRIVILEGE && !isOfPolicy(cause) && (isOfEngine || CHANGE.test(text))) {
    if (isAsViewer)
      return new GatherError('FORBIDDEN', 'The database does not allow you to do this.', {
        source: 'postgres',
        cause,
      });
    return unsupported('This server may not do this in its database.', cause);
  }
  if (code === READ_ONLY_TRANSACTION && isReadOnlyByDefault(client)) {
    return unsupported('This server may only read its database.', cause);
  }
  return undefined;
}

function unsupported(message: string, cause: pg.DatabaseError): GatherError {
  return new GatherError('UNSUPPORTED', message, { source: 'postgres', cause });
}
