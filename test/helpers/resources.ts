import { setTimeout as sleep } from 'node:timers/promises';

/** What a test can leave behind. The test runner itself has none of these for long. */
const WATCHED = ['Timeout', 'TCPSocketWrap', 'TCPServerWrap', 'TCPConnectWrap'];
const GRACE_MS = 15_000;

let users = 0;

/**
 * Begins to watch the timers, sockets and servers of this process.
 * @returns ends it; the last of several that watch at once throws where any of them is still open fifteen seconds later
 */
export function watchResources(): () => Promise<void> {
  users++;
  return async () => {
    users--;
    if (users > 0) return;
    const deadline = performance.now() + GRACE_MS;
    // The sleep itself must not be found.
    while (findOpen().length > 0 && performance.now() < deadline) await sleep(10, undefined, { ref: false });
    const open = findOpen();
    if (open.length > 0) throw new Error(`The tests left open: ${open.join(', ')}`);
  };
}

function findOpen(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => WATCHED.includes(kind));
}
