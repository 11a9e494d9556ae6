import type { Logger } from '../monitoring/log.ts';

const FAILED = 1;

/**
 * From now on an error that nothing catches is logged, and ends the program as SIGTERM does, but with code 1: what is
 * under way may finish. The second such error ends it at once, as does one where nothing listens to SIGTERM.
 */
export function endOnCrash(log: Logger): void {
  // An unhandled rejection comes here too.
  process.on('uncaughtException', (error) => {
    log.fatal(error, 'Nothing caught this error: the program ends.');
    if (process.exitCode === FAILED || process.listenerCount('SIGTERM') === 0) process.exit(FAILED);
    process.exitCode = FAILED;
    process.emit('SIGTERM', 'SIGTERM');
  });
}
