import { GatherError } from '../errors.ts';
import type { Logger } from '../monitoring/log.ts';
import { reportFault } from '../monitoring/report-fault.ts';

/**
 * Logs why a file could not be sent or received: a fault of the server or of its settings as an error, which is reported
 * too; a failure of a source, whose outage has a line of its own, and what the database does not allow as information. A
 * request that is refused is logged by `refuse`.
 * @param request `GET /files`
 */
export function logFailure(log: Logger, request: string, error: unknown): void {
  if (isFaultOfRequest(error)) return;
  const isFault = !(error instanceof GatherError && (error.retryable || error.code === 'UNSUPPORTED'));
  log[isFault ? 'error' : 'info']({ request, err: error });
  if (isFault) reportFault(error);
}

/** Not if bytes are gone, for example: then the store's error is the cause. */
function isFaultOfRequest(error: unknown): boolean {
  if (!(error instanceof GatherError)) return false;
  return error.code === 'BUSY' || (error.source === undefined && error.cause === undefined);
}
