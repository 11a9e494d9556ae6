import pino from 'pino';

/** Lines that wait for a reader of the output that has stopped reading; more are dropped. */
const MAX_WAITING_BYTES = 10_000_000;

/** How long a line waits for others. Each write wakes a thread, and the process again when it is done. */
const TOGETHER_MS = 20;

/** Lines of this length in all wait for no others. */
const TOGETHER_LENGTH = 16_384;

let output: pino.DestinationStream | undefined;

/** The standard output for lines of JSON: one for all logs of the process, so that their lines do not mix. */
export function jsonOutput(): pino.DestinationStream {
  output ??= openOutput();
  return output;
}

/**
 * A thread writes the lines of some milliseconds together, so that a slow reader does not stop the process. The rest is written
 * when the process exits, and after a fatal line. If the reader has stopped, lines are dropped and counted.
 */
function openOutput(): pino.DestinationStream & { flushSync(): void } {
  const opened = pino.destination({ dest: 1, sync: false, maxLength: MAX_WAITING_BYTES });
  let lines = '';
  let timer: NodeJS.Timeout | undefined;
  let dropped = 0;

  const pass = () => {
    clearTimeout(timer);
    timer = undefined;
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
      if (lines.length >= TOGETHER_LENGTH) pass();
      else timer ??= setTimeout(pass, TOGETHER_MS);
    },
    flushSync,
  };
}
