import pino from 'pino';

/** Lines that wait for a reader of the output that has stopped reading; more are dropped. */
const MAX_WAITING_BYTES = 10_000_000;

/** Between two writes, each of which wakes a thread, and the process again when it is done. */
const TOGETHER_MS = 20;

/** Lines of this length in all do not wait. */
const TOGETHER_LENGTH = 16_384;

let output: pino.DestinationStream | undefined;

/** The standard output for lines of JSON: one for all logs of the process, so that their lines do not mix. */
export function jsonOutput(): pino.DestinationStream {
  output ??= openOutput();
  return output;
}

/**
 * A thread writes, so that a slow reader does not stop the process: a line at once, or together with others if there was one
 * in the last 20 ms. The rest is written when the process exits, and after a fatal line. If the reader has stopped, lines are
 * dropped and counted.
 */
function openOutput(): pino.DestinationStream & { flushSync(): void } {
  const opened = pino.destination({ dest: 1, sync: false, maxLength: MAX_WAITING_BYTES });
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  let passedAt = Number.NEGATIVE_INFINITY;
  let dropped = 0;

  const pass = () => {
    clearTimeout(timer);
    timer = undefined;
    passedAt = performance.now();
    if (lines !== '') opened.write(lines);
    lines = '';
  };
  const flushSync = () => {
    pass();
    opened.flushSync();
  };
  opened.on('drop', (text: string) => {
    dropped += text.split('\n').length - 1;
  });
  opened.on('drain', () => {
    if (dropped === 0) return;
    opened.write(`${JSON.stringify({ level: 40, time: Date.now(), dropped, msg: 'lines of the log were dropped' })}\n`);
    dropped = 0;
  });
  process.on('exit', flushSync);
  return {
    write: (line) => {
      lines += line;
      const waitMs = passedAt + TOGETHER_MS - performance.now();
      if (waitMs <= 0 || lines.length >= TOGETHER_LENGTH) pass();
      else timer ??= setTimeout(pass, waitMs);
    },
    flushSync,
  };
}
