import {
  AbortedGraphQLExecutionError,
  type ExecutionArgs,
  type ExecutionResult,
  type ExperimentalIncrementalExecutionResults,
  type GraphQLError,
  parse,
  execute as reference,
  experimentalExecuteIncrementally as referenceInParts,
} from 'graphql';
import { expect, test } from 'vitest';
import { execute } from '../../../../src/gather/graphql/execution/execute.ts';
import {
  executeIncrementally,
  executeIncrementallyAsOf2022,
} from '../../../../src/gather/graphql/execution/execute-incrementally.ts';
import { Random } from './random.ts';
import { randomDocument } from './random-document.ts';
import { randomSchema, type World } from './random-schema.ts';
import { reassemble, type Whole } from './reassemble.ts';
import { collectUnhandledRejections, turns } from './rejections.ts';

const DOCUMENTS_PER_SCHEMA = 20;
/** Of each three documents, in one nothing goes wrong, in one little, in one much. */
const TROUBLE = [0, 0.04, 0.2] as const;
const LAZINESS = [0, 0.3, 0.6] as const;

const unhandled = collectUnhandledRejections();

/** A document to be executed in a world of its own each time. */
class Case {
  readonly text: string;
  readonly world: World;
  readonly args: ExecutionArgs;

  constructor(seed: number, isIncremental = false) {
    const schema = randomSchema(Math.floor(seed / DOCUMENTS_PER_SCHEMA));
    const { text, variables } = randomDocument(schema, seed, isIncremental);
    this.text = text;
    this.world = {
      seed: `${seed}`,
      trouble: TROUBLE[seed % 3] as number,
      laziness: LAZINESS[Math.floor(seed / 3) % 3] as number,
      open: new Set(),
      calls: new Map(),
    };
    this.args = {
      schema,
      document: parse(text),
      variableValues: variables,
      contextValue: this.world,
      rootValue: { shared: 'x' },
    };
  }
}

test('gives the same data as graphql-js, and explains each null', async () => {
  for (let seed = 0; seed < 2000; seed++) {
    const theirs = new Case(seed);
    const ours = new Case(seed);
    const expected = await reference(theirs.args);
    await unhandled();
    const actual = await execute(ours.args);
    expect(await unhandled(), `unhandled rejections of ${seed}`).toEqual([]);
    expect(ours.world.open.size, `open iterators of ${seed}`).toBe(0);
    expect(JSON.stringify(actual.data), `data of ${seed}: ${ours.text}`).toBe(JSON.stringify(expected.data));
    expect(explained(actual), `nulls of ${seed}: ${ours.text}`).toEqual(explained(expected));
    expect(ofNulls(actual), `errors of ${seed}: ${ours.text}`).toEqual(ofNulls(expected));
    expect([...ours.world.calls.values()].every((calls) => calls === 1)).toBe(true);
  }
});

test('@defer and @stream reassembled are what graphql-js gives, and without errors the whole answer', async () => {
  for (let seed = 0; seed < 1000; seed++) {
    const theirs = new Case(seed, true);
    const ours = new Case(seed, true);
    const expected = await reassemble(await referenceInParts(theirs.args));
    await unhandled();
    const actual = await reassemble(await executeIncrementally(ours.args));
    expect(await unhandled(), `unhandled rejections of ${seed}`).toEqual([]);
    expect(ours.world.open.size, `open iterators of ${seed}`).toBe(0);
    expect(actual.data, `data of ${seed}: ${ours.text}`).toEqual(expected.data);
    expect(failuresOf(actual), `failures of ${seed}: ${ours.text}`).toEqual(failuresOf(expected));
    if (actual.errors.length > 0 || actual.failures.length > 0) continue;
    const whole = await execute(new Case(seed, true).args);
    expect(JSON.parse(JSON.stringify(actual.data)), `whole of ${seed}`).toEqual(JSON.parse(JSON.stringify(whole.data)));
  }
});

test('ends without a trace when it is aborted at any time', async () => {
  for (let seed = 0; seed < 600; seed++) {
    const { args, world, text } = new Case(seed * 3 + 1);
    const random = new Random(`abort ${seed}`);
    const controller = new AbortController();
    const reason = new Error('enough');
    const result = (async () => execute({ ...args, abortSignal: controller.signal }))().catch(
      (error: unknown) => error,
    );
    await aWhile(random);
    controller.abort(reason);
    const outcome = await result;
    if (outcome instanceof Error) {
      expect(outcome).toBeInstanceOf(AbortedGraphQLExecutionError);
      expect(outcome.cause).toBe(reason);
    }
    await turns(4);
    expect(await unhandled(), `unhandled rejections of ${seed}: ${text}`).toEqual([]);
    expect(world.open.size, `open iterators of ${seed}: ${text}`).toBe(0);
  }
});

test.for([
  ['the current format', executeIncrementally],
  ['the format of 2022', executeIncrementallyAsOf2022],
] as const)('ends without a trace when parts in %s are aborted or returned at any time', async ([, executeInParts]) => {
  for (let seed = 0; seed < 300; seed++) {
    const { args, world, text } = new Case(seed * 3 + 1, true);
    const random = new Random(`return ${seed}`);
    const controller = new AbortController();
    const result: ExecutionResult | Parts = await executeInParts({ ...args, abortSignal: controller.signal });
    if ('initialResult' in result) {
      const read = random.below(3);
      const parts = result.subsequentResults;
      for (let part = 0; part < read; part++) await parts.next();
      if (random.chance(0.5)) {
        const next = parts.next().catch((error: unknown) => error);
        await aWhile(random);
        controller.abort(new Error('enough'));
        await next;
        await parts.next().catch(() => {});
      }
      await parts.return(undefined);
      expect(await parts.next()).toEqual({ done: true, value: undefined });
    }
    await turns(4);
    expect(await unhandled(), `unhandled rejections of ${seed}: ${text}`).toEqual([]);
    expect(world.open.size, `open iterators of ${seed}: ${text}`).toBe(0);
  }
});

type Parts = ExperimentalIncrementalExecutionResults | { initialResult: object; subsequentResults: AsyncGenerator };

async function aWhile(random: Random): Promise<void> {
  for (let tick = random.below(12); tick > 0; tick--) await null;
  await turns(random.below(3));
}

/** The places that are null by an error. */
function explained({ data, errors = [] }: ExecutionResult): string[] {
  return [...new Set(errors.map((error) => nullAround(data, error)))].sort();
}

/** The errors of the places that are null, not of what would have been below them: one of those is enough. */
function ofNulls({ data, errors = [] }: ExecutionResult): string[] {
  return errors
    .filter((error) => nullAround(data, error) === error.path?.join('.'))
    .map(({ path, message, locations }) => `${path?.join('.')} ${message} ${JSON.stringify(locations)}`)
    .sort();
}

function nullAround(data: unknown, { path = [] }: GraphQLError): string {
  let at = data;
  for (const [depth, key] of path.entries()) {
    if (at === null) return path.slice(0, depth).join('.');
    at = (at as Record<string, unknown>)[key];
  }
  if (at !== null) throw new Error(`The error at ${path.join('.')} did not leave null.`);
  return path.join('.');
}

function failuresOf({ failures }: Whole): string[] {
  return failures.map(({ path, label }) => `${path} ${label}`).sort();
}
