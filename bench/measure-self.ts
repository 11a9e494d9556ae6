// What a server says of itself to the process that measures it.
const measures = { cpu, memory, rss: () => process.memoryUsage.rss() };

/** Tells the parent process the server's URL, and answers its messages with a measure. The process ends with its parent. */
export function measureSelf(url: string): void {
  process.send?.({ url });
  process.on('message', (what: keyof typeof measures) => process.send?.(measures[what]()));
  process.on('disconnect', () => process.exit());
}

/** The CPU time in microseconds since the process started. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** The live memory after a garbage collection, and the resident set before it. */
function memory(): { liveBytes: number; rssBytes: number } {
  const rssBytes = process.memoryUsage.rss();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return { liveBytes: heapUsed + external, rssBytes };
}
