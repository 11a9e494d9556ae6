import pino from 'pino';
import pretty from 'pino-pretty';
import { describeError, shorten } from './describe-error.ts';
import { createRedaction } from './redaction.ts';
import { requestId } from './request-id.ts';

/** Where the server says what it does. */
export type Logger = pino.Logger;

/** How the log is written; `none` writes nothing. */
export type LogFormat = 'json' | 'words' | 'none';

/**
 * A log on standard output: JSON, a line for each entry, or words for a person. A line of a request has its ID. No line
 * has a stack, what else hangs on an error, or what is secret or looks like it.
 * @param format `none` writes nothing
 * @param secrets what must not be logged, wherever it turns up
 */
export function createLog(format: LogFormat, secrets: readonly string[] = []): Logger {
  const redact = createRedaction(secrets);
  const options: pino.LoggerOptions = {
    enabled: format !== 'none',
    mixin: () => {
      const id = requestId();
      return id ? { requestId: id } : {};
    },
    serializers: { err: (error) => describeError(error) },
    hooks: {
      streamWrite: redact,
      logMethod([first, ...rest], log) {
        if (first instanceof Error)
          log.apply(this, [{ err: first }, ...(rest.length > 0 ? rest : [shorten(first.message)])]);
        else log.apply(this, [first, ...rest]);
      },
    },
  };
  if (format !== 'words') return pino(options);
  return pino(
    options,
    pretty({ ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true, sync: true }),
  );
}
