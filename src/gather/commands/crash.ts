import type { Logger } from '../monitoring/log.ts';
import { reportFault } from '../monitoring/report-fault.ts';

const FAILED = 1;

/**
 * Logs uncaught errors. The first ends the program as SIGTERM does, so that work under way may finish, but with code 1. The
 * second ends it at once, as does the first if nothing listens to SIGTERM.
 */
export function endOnCrash(log: Logger): void {
  // Also emitted for unhandled rejections.
  process.on('uncaughtException', (error) => {
    log.fatal(error, 'Uncaught error: the program ends.');
    reportFault(error);
    if (process.exitCode === FAILED || process.listenerCount('SIGTERM') === 0) process.exit(FAILED);
    process.exitCode = FAILED;
    process.emit('SIGTERM', 'SIGTERM');
  });
}
