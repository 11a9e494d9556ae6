import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What this process, in which both the server and its client run, still needs of its memory. */
export function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // The bytes of buffers are freed in the background. The next collection waits for that.
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
