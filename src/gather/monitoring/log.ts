import { trace } from '@opentelemetry/api';
import pino from 'pino';
import pretty from 'pino-pretty';
import { describeError, shorten } from './describe-error.ts';
import { createRedaction } from './redaction.ts';
import { requestId } from './request-id.ts';

/** The log of a server or worker. */
export type Logger = pino.Logger;

/** How the log is written; `none` writes nothing. */
export type LogFormat = 'json' | 'words' | 'none';

/**
 * Creates a log on standard output: JSON lines, or words for a person. Lines of a request have its ID, and with
 * traces the ID of its trace. Stacks, other properties of errors, and secrets or text that looks like one are left out.
 * @param secrets texts that must never be logged
 */
export function createLog(format: LogFormat, secrets: readonly string[] = []): Logger {
  const redact = createRedaction(secrets);
  const options: pino.LoggerOptions = {
    enabled: format !== 'none',
    mixin: () => {
      const id = requestId();
      const traceId = trace.getActiveSpan()?.spanContext().traceId;
      return { ...(id && { requestId: id }), ...(traceId && { traceId }) };
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
