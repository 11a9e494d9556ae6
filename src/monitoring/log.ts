import pino from 'pino';
import pretty from 'pino-pretty';

/** Where the server says what it does. */
export type Logger = pino.Logger;

/** How the log is written; `none` writes nothing. */
export type LogFormat = 'json' | 'words' | 'none';

/**
 * A log on standard output: JSON, a line for each entry, or words for a person.
 * @param format `none` writes nothing
 */
export function createLog(format: LogFormat): Logger {
  if (format === 'none') return pino({ enabled: false });
  if (format === 'json') return pino();
  return pino(pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true, sync: true }));
}
