import pino from 'pino';
import { describeError } from './describe-error.ts';
import { jsonOutput } from './output.ts';
import { createRedaction } from './redaction.ts';
import { requestId, traceId } from './request-id.ts';
import { toWords } from './words.ts';

/** The log of a server or worker. */
export type Logger = pino.Logger;

/** How the log is written; `none` writes nothing. */
type LogFormat = 'json' | 'words' | 'none';

/** The least important lines that are written, and how. */
export interface LogConfig {
  logFormat: LogFormat;
  /** @default info */
  logLevel?: LogLevel | undefined;
}

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * Creates a log on standard output: JSON lines, or words for a person. Lines of a request have its ID, and with
 * traces the ID of its trace. Stacks, other properties of errors, and secrets or text that looks like one are left out.
 * @param secrets texts that must never be logged
 */
export function createLog({ logFormat, logLevel = 'info' }: LogConfig, secrets: readonly string[] = []): Logger {
  const options: pino.LoggerOptions = {
    enabled: logFormat !== 'none',
    level: logLevel,
    mixin: () => {
      const id = requestId();
      const trace = traceId();
      return { ...(id && { requestId: id }), ...(trace && { traceId: trace }) };
    },
    serializers: { err: (error) => describeError(error) },
    hooks: {
      streamWrite: createRedaction(secrets),
      logMethod([first, ...rest], log) {
        if (!(first instanceof Error)) return log.apply(this, [first, ...rest]);
        // pino would take the message of the error, which may quote what a client sent.
        log.apply(this, [{ err: first }, ...(rest.length > 0 ? rest : [describeError(first).message ?? first.name])]);
      },
    },
  };
  return pino(options, logFormat === 'words' ? { write: writeWords } : jsonOutput());
}

function writeWords(line: string): void {
  process.stdout.write(toWords(line));
}
