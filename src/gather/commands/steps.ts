import type { Step } from '../step.ts';

/** Shows a step on standard output: live on a terminal, elsewhere one line when it is done. */
export function showStep({ what, detail, ms }: Step): void {
  const words = detail === undefined ? what : `${what}: ${detail}`;
  if (ms !== undefined) {
    const line = `  ${words} (${formatDuration(ms)})`;
    process.stdout.write(process.stdout.isTTY ? `\r\x1b[2K${line}\n` : `${line}\n`);
  } else if (process.stdout.isTTY) {
    process.stdout.write(`\r\x1b[2K  ${words} …`);
  }
}

function formatDuration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
