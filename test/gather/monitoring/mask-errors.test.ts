import { EventEmitter, on, once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GraphQLError } from 'graphql';
import { createSchema, type YogaInitialContext } from 'graphql-yoga';
import pino from 'pino';
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { TokenBuckets } from '../../../src/gather/concurrency/token-buckets.ts';
import type { Context } from '../../../src/gather/context.ts';
import { GatherError } from '../../../src/gather/errors.ts';
import { createParseDocument } from '../../../src/gather/graphql/documents/parse-document.ts';
import { createValidateDocument } from '../../../src/gather/graphql/documents/validate-document.ts';
import { Charges } from '../../../src/gather/graphql/limits/charge.ts';
import { Turns } from '../../../src/gather/graphql/limits/turns.ts';
import { createAnswerOperation, type Steps } from '../../../src/gather/graphql/operations/answer-operation.ts';
import { createAnswerRequest, type RequestSteps } from '../../../src/gather/graphql/operations/answer-request.ts';
import { CacheHeaders } from '../../../src/gather/graphql/operations/cache-headers.ts';
import type { Operation } from '../../../src/gather/graphql/operations/operation.ts';
import { OperationLog } from '../../../src/gather/graphql/operations/operation-log.ts';
import { createPlanOf } from '../../../src/gather/graphql/operations/operation-plan.ts';
import { Timings } from '../../../src/gather/graphql/operations/timings.ts';
import { createYogaServer } from '../../../src/gather/graphql/yoga.ts';
import { createYogaRoute } from '../../../src/gather/graphql/yoga-route.ts';
import { createReadParams } from '../../../src/gather/http/read-params.ts';
import { UploadSlots } from '../../../src/gather/http/upload-slots.ts';
import { type FaultEvent, faults } from '../../../src/gather/monitoring/channels.ts';
import { createMaskError, findFault } from '../../../src/gather/monitoring/mask-errors.ts';
import { Refusals } from '../../../src/gather/monitoring/refusals.ts';
import { identified, withRequestId } from '../../../src/gather/monitoring/request-id.ts';
import { ANONYMOUS, TEST_LIMITS } from '../../helpers/app.ts';
import { eventually } from '../../helpers/eventually.ts';
import { fixture } from '../../helpers/fixture.ts';
import { watchResources } from '../../helpers/resources.ts';

const logged: { level: number; msg: string }[] = [];
const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
const maskError = createMaskError();
const logging = { log, refusals: new Refusals(log), slowOperationMs: 1000, proxyHops: 0 };

const FAULT = new Error('secret');

afterAll(watchResources());
beforeEach(() => {
  logged.length = 0;
});

test('a masked error has the ID of its request, and its fault can be found, even if it is masked twice', () => {
  const fault = new GraphQLError('broken', { path: ['a'], originalError: new Error('broken') });
  withRequestId((id) => {
    const shown = maskError(fault);
    expect(shown.extensions['requestId']).toBe(id);
    expect(findFault(shown)).toBe(fault);
    expect(findFault(maskError(shown))).toBe(fault);
  });
});

test.each([
  ['a GatherError', new GatherError('NOT_FOUND', 'There is nothing.'), 'NOT_FOUND'],
  [
    'one that GraphQL has located',
    new GraphQLError('No.', { path: ['a'], originalError: new GatherError('CONFLICT', 'No.') }),
    'CONFLICT',
  ],
  ['an error of GraphQL about the request', new GraphQLError('Variable "$a" is missing.'), 'BAD_USER_INPUT'],
  ['one with a code', new GraphQLError('No.', { extensions: { code: 'BAD_REQUEST' } }), 'BAD_REQUEST'],
])('what is for clients is told and not logged: %s', (_, error, code) => {
  const { message, extensions } = maskError(error);
  expect({ message, code: extensions['code'] }).toEqual({ message: error.message, code });
  expect(findFault(maskError(error))).toBeUndefined();
});

test('what Node throws because a signal was aborted is its reason', async () => {
  const reason = new GatherError('CANCELLED', 'The client left.');
  const error = await sleep(1000, undefined, { signal: AbortSignal.abort(reason) }).catch((it: unknown) => it);
  const { message, extensions } = maskError(error);
  expect({ message, code: extensions['code'] }).toEqual({ message: reason.message, code: reason.code });
  expect(maskError(Object.assign(new Error('secret'), { name: 'AbortError' })).message).not.toContain('secret');
});

test.each([
  ['an error', new TypeError('secret')],
  ['one that GraphQL has located', new GraphQLError('secret', { path: ['a'], originalError: new Error('secret') })],
  [
    'a value that its type does not know',
    new GraphQLError('Int: secret', { path: ['a'], originalError: new GraphQLError('Int: secret') }),
  ],
  ['a string', 'secret'],
  ['an object', { secret: true }],
  ['nothing', undefined],
])('what is not is told to nobody: %s', (_, error) => {
  const shown = maskError(error);
  expect(JSON.stringify(shown)).not.toMatch(/secret|stack|originalError/);
  expect(shown).toMatchObject({ message: 'Something went wrong on our side.', originalError: undefined });
  expect(shown.extensions).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', retryable: false });
});

test.each<[string, Partial<Steps & RequestSteps>]>([
  ['its parameters are read', { readParams: fail }],
  ['its document is looked up', { withText: fail }],
  ['its operation is prepared', { addSources: fail }],
  ['its result is reported', { cacheHeaders: { isShared: fail } as never }],
  ['its result is written', { answerOperation: giveUnwritable }],
])('what fails when %s is masked and logged once, with status 500', async (_, steps) => {
  const { response, text } = await ask(startYoga({ a: () => 1 }, steps), 'application/json');
  expect(response.status).toBe(500);
  expectMasked(response, text);
});

test.each([
  ['given', 'multipart/mixed', fail],
  ['given', 'text/event-stream', fail],
  ['written', 'multipart/mixed', () => ({ data: { a: { toJSON: fail } } })],
  ['written', 'text/event-stream', () => ({ data: { a: { toJSON: fail } } })],
])('what fails when parts are %s is masked and logged once, and the response ends: %s', async (_, accept, toLast) => {
  const { response, text } = await ask(startYoga({}, { answerOperation: giveParts(toLast) }), accept);
  expect(response.status).toBe(200);
  expect(text).toContain('"data":{"a":1}');
  expect(text).toMatch(accept === 'multipart/mixed' ? /-----\r\n$/ : /event: complete\ndata:\n\n$/);
  expectMasked(response, text);
});

async function ask(yoga: ReturnType<typeof startYoga>, accept: string) {
  const route = createYogaRoute(yoga, { log, maskError });
  const server = createServer(identified((request, response) => void route(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/graphql?query={a}`, {
    headers: { accept },
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  server.close();
  return { response, text };
}

function expectMasked(response: Response, text: string): void {
  expect(text).toContain(`"requestId":"${response.headers.get('x-request-id')}"`);
  expect(text).not.toMatch(/secret| at |unexpected/);
  const written = logged.filter(({ level }) => level === 50);
  expect(written).toHaveLength(1);
  expect(JSON.stringify(written)).toContain(FAULT.message);
}

test('the cookies of an operation are set also if its result cannot be reported', async () => {
  const yoga = startYoga(
    { a: () => 1 },
    {
      addSources: ({ cookies }) => void cookies.push('session=new'),
      cacheHeaders: { isShared: fail } as never,
    },
  );
  const response = await withRequestId(() => yoga.fetch(URL, post({ query: '{ a }' })));
  expect([response.status, response.headers.getSetCookie()]).toEqual([500, ['session=new']]);
});

test('a fault is reported with what hides the values of its operation', async () => {
  const reported: string[] = [];
  const onFault = (message: unknown) => {
    const { error, hide } = message as FaultEvent;
    reported.push(hide((error as Error).message));
  };
  faults.subscribe(onFault);
  const yoga = startYoga({
    a: (_, { b, c }) => {
      throw new Error(`no ${b} of ${c}`);
    },
  });
  const query = 'query ($b: String) { a(b: $b, c: "literal") }';
  await withRequestId(() => yoga.fetch(URL, post({ query, variables: { b: 'variable' } })));
  faults.unsubscribe(onFault);
  expect(reported).toEqual(['no … of …']);
  expect(JSON.stringify(logged)).toContain('no … of …');
  expect(JSON.stringify(logged)).not.toMatch(/variable|literal/);
});

test('the values of an operation do not outlive it with a connection that was opened meanwhile', async () => {
  let values: WeakRef<object> | undefined;
  let connection: Socket | undefined;
  const yoga = startYoga({
    a: (_, __, { params: { variables } }) => {
      values = new WeakRef(variables as object);
      const { port } = listening.address() as AddressInfo;
      connection = connect(port, '127.0.0.1');
      return null;
    },
  });
  const listening = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    connection?.destroy();
    listening.close();
  });
  await once(listening, 'listening');
  const query = 'query ($b: String) { a(b: $b) }';
  const send = () => yoga.fetch(URL, post({ query, variables: { b: 'variable' } }));
  expect((await withRequestId(send)).status).toBe(200);
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  await eventually(() => {
    collectGarbage();
    // Without the values themselves, which a failed assertion would keep.
    expect(values?.deref() === undefined).toBe(true);
  });
  expect(connection?.destroyed).toBe(false);
});

test('a subscription whose source stops when its client leaves is no fault', async () => {
  const leaving = new AbortController();
  const source = new EventEmitter();
  const subscribe = (_: unknown, __: unknown, { signal }: Context) => on(source, 'b', { signal });
  const yoga = startYoga({}, {}, { b: { subscribe, resolve: () => 1 } });
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' };
  const body = JSON.stringify({ query: 'subscription { b }' });
  const response = await yoga.fetch(URL, { method: 'POST', headers, body, signal: leaving.signal });
  const text = response.text().catch(() => 'left');
  source.emit('b', 1);
  await eventually(() => expect(source.listenerCount('b')).toBe(1));
  leaving.abort();
  await text;
  await eventually(() => expect(logged).toHaveLength(1));
  expect(logged).toMatchObject([{ level: 30, operation: 'subscription { b }', errors: 0 }]);
  expect(source.listenerCount('b')).toBe(0);
});

type Resolvers = Record<string, (root: unknown, args: Record<string, unknown>, context: YogaInitialContext) => unknown>;

/** A server of one field, without sources. */
function startYoga(Query: Resolvers, steps: Partial<Steps & RequestSteps> = {}, Subscription: object = {}) {
  const typeDefs = 'type Query { a(b: String, c: String): Int } type Subscription { b: Int }';
  const schema = createSchema({ typeDefs, resolvers: { Query, Subscription } });
  const reports = { timings: new Timings(false, fixture.app.roles), log: new OperationLog(logging), maskError };
  const answerOperation = createAnswerOperation({
    ...reports,
    queryMaxBytes: TEST_LIMITS.queryMaxBytes,
    withText: (params) => params,
    schema,
    isIntrospectable: true,
    parseDocument: createParseDocument(TEST_LIMITS),
    validateDocument: createValidateDocument(schema, { limits: TEST_LIMITS, isIntrospectable: true }),
    viewers: {
      identify: ({ context }) => void Object.assign(context, { viewer: ANONYMOUS, address: '192.0.2.1' }),
      whileSignedIn: (_, events) => events,
    },
    planOf: createPlanOf(schema, { definitions: {}, types: {} } as never),
    turns: new Turns(1),
    charges: new Charges(TEST_LIMITS, new TokenBuckets(TEST_LIMITS)),
    addSources: () => {},
    cacheHeaders: new CacheHeaders(0),
    replica: undefined,
    events: undefined,
    ...steps,
  });
  const answerRequest = createAnswerRequest({
    ...reports,
    operationTimeoutMs: 60_000,
    answerMaxBytes: 1_000_000,
    readParams: createReadParams({ ...TEST_LIMITS, uploadMaxBytes: 0, slots: new UploadSlots(), proxyHops: 0 }),
    answerOperation,
    ...steps,
  });
  return createYogaServer({ schema, answerRequest, checkReadiness: fail, graphiql: undefined });
}

async function giveUnwritable({ deadline }: Operation) {
  deadline.end(undefined);
  return { data: { a: { toJSON: fail } } };
}

/** Gives two parts. */
function giveParts(toLast: () => { data: { a: object } }) {
  return async ({ deadline }: Operation) => {
    deadline.end(undefined);
    return (async function* () {
      yield { data: { a: 1 } };
      yield toLast();
    })();
  };
}

const URL = 'http://127.0.0.1/graphql';

function post(body: object): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function fail(): never {
  throw FAULT;
}
