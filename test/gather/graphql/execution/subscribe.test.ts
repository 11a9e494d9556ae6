import { buildSchema, type ExecutionArgs, type ExecutionResult, parse } from 'graphql';
import { expect, test } from 'vitest';
import { subscribe } from '../../../../src/gather/graphql/execution/subscribe.ts';
import { turns } from './rejections.ts';

const schema = buildSchema('type Query { x: Int } type Subscription { count(to: Int!): Count } type Count { n: Int! }');

class Counter {
  isClosed = false;

  async *count({ to }: { to: number }) {
    try {
      for (let n = 1; n <= to; n++) {
        await turns(1);
        yield { count: n === 2 ? { n: null } : { n } };
      }
    } finally {
      this.isClosed = true;
    }
  }
}

function toArgs(
  counter: object,
  text = 'subscription ($to: Int!) { count(to: $to) { n ... @defer { n } } }',
): ExecutionArgs {
  return { schema, document: parse(text), rootValue: counter, variableValues: { to: 3 } };
}

async function start(args: ExecutionArgs): Promise<AsyncGenerator<ExecutionResult>> {
  const results = await subscribe(args);
  if (!(Symbol.asyncIterator in results)) throw new Error('Expected a stream of results.');
  return results;
}

test('each event is executed, and its errors are its own', async () => {
  const counter = new Counter();
  const results: ExecutionResult[] = [];
  for await (const result of await start(toArgs(counter))) results.push(JSON.parse(JSON.stringify(result)));
  expect(results).toEqual([
    { data: { count: { n: 1 } } },
    { data: { count: null }, errors: [expect.objectContaining({ path: ['count', 'n'] })] },
    { data: { count: { n: 3 } } },
  ]);
  expect(counter.isClosed).toBe(true);
});

test('the source is closed when the results are returned or aborted', async () => {
  const returned = new Counter();
  const results = await start(toArgs(returned));
  await results.next();
  await results.return(undefined);
  expect(returned.isClosed).toBe(true);

  const aborted = new Counter();
  const controller = new AbortController();
  const stopped = await start({ ...toArgs(aborted), abortSignal: controller.signal });
  await stopped.next();
  const next = stopped.next();
  controller.abort(new Error('enough'));
  await expect(next).rejects.toThrow('enough');
  await stopped.return(undefined);
  expect(aborted.isClosed).toBe(true);
});

test('what gives no events is an error of the field', async () => {
  expect(await subscribe(toArgs({ count: () => 7 }))).toMatchObject({
    errors: [{ path: ['count'], message: 'Subscription field must return Async Iterable. Received: 7.' }],
  });
  expect(await subscribe(toArgs({ count: () => Promise.reject(new Error('no')) }))).toMatchObject({
    errors: [{ path: ['count'], message: 'no' }],
  });
  expect(() => subscribe(toArgs({}, '{ x }'))).toThrow('Expected subscription operation.');
});
