import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const OUTPUT = new URL('../../../src/gather/monitoring/output.ts', import.meta.url);

test('lines of some milliseconds are written together', async () => {
  const { lines, chunks } = await run(`for (let n = 0; n < 50; n++) { write(n); await setTimeout(1); }`);
  expect(lines).toEqual(range(50));
  expect(chunks).toBeLessThan(25);
});

test('no line waits for the end of the process', async () => {
  const program = 'for (let n = 0; n < 6; n++) { write(n); write(n + 0.5); await setTimeout(100); }';
  const { lines } = await run(`${program} process.kill(process.pid, 'SIGKILL');`);
  expect(lines).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5]);
});

/** Stops the event loop, but not the thread that writes. */
const BLOCK = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);';

test.each([
  ['the first line after a pause', 'write(0);', [0]],
  ['a long one', 'write(0); await setTimeout(15); write(1, 20_000);', [0, 1]],
])('%s does not wait for a turn of the event loop', async (_, program, expected) => {
  const { lines } = await run(`${program} ${BLOCK} process.kill(process.pid, 'SIGKILL');`);
  expect(lines).toEqual(expected);
});

test('after a fatal line nothing waits', async () => {
  const { messages } = await run(`
    const log = pino({}, jsonOutput());
    log.info('first');
    log.info('second');
    log.fatal('last');
    ${BLOCK}
    process.kill(process.pid, 'SIGKILL');
  `);
  // The thread may write the first of them last.
  expect(messages.sort()).toEqual(['first', 'last', 'second']);
});

test('nothing is lost when the process exits during a write', async () => {
  const { lines } = await run(`
    for (let n = 0; n < 500; n++) write(n, 100);
    await setImmediate();
    for (let n = 500; n < 1000; n++) write(n, 100);
    process.exit();
  `);
  expect(lines.sort((a, b) => a - b)).toEqual(range(1000));
});

test('nothing is lost when the process crashes', async () => {
  const { lines } = await run(`write(0); setTimeoutOf(() => { write(1); throw new Error('Crash of a test'); }, 5);`);
  expect(lines).toEqual(range(2));
});

test('for a reader that stopped 10 MB wait, and lines that are dropped are counted', async () => {
  const { lines, dropped } = await run(
    `for (let n = 0; n < 2000; n++) { write(n, 10_000); await setImmediate(); }
     process.send('written');`,
    'written',
  );
  expect(dropped).toBeGreaterThan(0);
  expect(lines.length + dropped).toBe(2000);
});

/** Runs a program that writes lines. @param message of the program, from which on its output is read */
async function run(program: string, message?: string) {
  const text = `
    import { setTimeout as setTimeoutOf } from 'node:timers';
    import { setImmediate, setTimeout } from 'node:timers/promises';
    import pino from ${JSON.stringify(import.meta.resolve('pino'))};
    const { jsonOutput } = await import(${JSON.stringify(OUTPUT.href)});
    const write = (n, length = 0) => jsonOutput().write(JSON.stringify({ n, fill: 'x'.repeat(length) }) + '\\n');
    ${program}
    process.disconnect();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    signal: AbortSignal.timeout(20_000),
  });
  const exit = once(child, 'exit');
  if (message) await once(child, 'message');
  const received: string[] = [];
  for await (const chunk of child.stdout?.setEncoding('utf8') ?? []) received.push(chunk);
  await exit;
  const parsed = received
    .join('')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
  const lines: number[] = parsed.flatMap(({ n }) => n ?? []);
  const messages: string[] = parsed.flatMap(({ msg }) => msg ?? []);
  const dropped: number = parsed.reduce((sum, line) => sum + (line.dropped ?? 0), 0);
  return { lines, messages, dropped, chunks: received.length };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}
