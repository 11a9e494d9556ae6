import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { post, type Reply } from './stranger.ts';
import type { Target } from './target.ts';

/** What others had of an attack. */
export interface Harm<Result> {
  result: Result;
  /** The longest that a neighbour waited for an answer, or still does. */
  worstWaitMs: number;
  /** What the neighbour got in place of its answers. */
  failures: string[];
  /** How much more memory the server held at its peak than it had before, or than ordinary requests take. */
  grownBytes: number;
  /** Lines of the log on faults of the program. */
  faults: string[];
}

/** Whose points no stranger uses up. */
const NEIGHBOUR = { 'x-forwarded-for': '198.51.100.251' };
const MAX_WAIT_MS = 300;
const MAX_GROWN_BYTES = 64_000_000;
/** Of attacks whose neighbour waited too long: the machine has other processes. */
const TRIES = 5;
/** For what an attack has begun, and for the neighbour to feel it. */
const AFTERMATH_MS = 50;

/** Attacks, and finds out what others had of it. */
export async function underAttack<Result>(target: Target, attack: () => Promise<Result>): Promise<Harm<Result>> {
  await target.see();
  const { peakBytes: bytesBefore } = await target.see();
  const logged = target.program.stdout.length;
  const result = await attack();
  await sleep(AFTERMATH_MS);
  const { peakBytes, ...sight } = await target.see();
  const lines = target.program.stdout.slice(logged).split('\n');
  return {
    result,
    ...sight,
    grownBytes: peakBytes - Math.max(bytesBefore, target.ordinaryBytes),
    faults: lines.filter((line) => /"level":(50|60)/.test(line)),
  };
}

/**
 * Attacks, and asserts that it did no harm: the neighbour was answered, and within 300 ms; the server held less than
 * 64 MB more; it answers, from the same process; and it has no fault to log. @returns what the attack gave
 */
export async function withstand<Result>(target: Target, attack: () => Promise<Result>): Promise<Result> {
  let harm = await underAttack(target, attack);
  for (let tried = 1; tried < TRIES && harm.worstWaitMs >= MAX_WAIT_MS; tried++) {
    await expectAlive(target, harm);
    harm = await underAttack(target, attack);
  }
  await expectAlive(target, harm);
  expect(harm.worstWaitMs, 'the longest wait of a neighbour, in ms').toBeLessThan(MAX_WAIT_MS);
  return harm.result;
}

/** Asserts that each reply is a refusal in words, and says nothing of how the server is made. */
export function expectRefused(replies: readonly Reply[], status: number, message: RegExp): void {
  expect(replies).not.toHaveLength(0);
  for (const reply of replies) {
    expect(reply).toMatchObject({ status });
    expect(reply.headers['content-type']).toMatch(/^application\/(graphql-response\+)?json/);
    const { data, errors } = JSON.parse(reply.body);
    expect(hasNothing(data ?? null), JSON.stringify(data)).toBe(true);
    expect(errors[0].message).toMatch(message);
    expectDiscreet(reply);
  }
}

/** Asserts that a reply shows neither a stack, nor SQL, nor a fault of the program. */
export function expectDiscreet({ status, body }: Reply): void {
  expect(status).toBeLessThan(500);
  expect(body).not.toMatch(/\.[jt]s:\d+|node_modules|node:internal|INTERNAL_SERVER_ERROR|\bselect\b.*\bfrom\b/i);
}

async function expectAlive(target: Target, { failures, faults, grownBytes }: Harm<unknown>): Promise<void> {
  expect(faults).toEqual([]);
  expect(failures).toEqual([]);
  expect(grownBytes, 'the memory that the server took').toBeLessThan(MAX_GROWN_BYTES);
  const { status, body } = await post(target.url, { query: '{ menu { first { name } } }' }, NEIGHBOUR);
  expect({ status, body: JSON.parse(body) }).toEqual({
    status: 200,
    body: expect.objectContaining({ data: { menu: { first: { name: expect.any(String) } } } }),
  });
}

/** Whether an answer's data is null, or has nulls only: a field that is refused can be null by itself. */
function hasNothing(data: unknown): boolean {
  return data === null || (typeof data === 'object' && Object.values(data as object).every(hasNothing));
}
