import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GraphQLError } from 'graphql';
import { createSchema, createYoga, type Plugin } from 'graphql-yoga';
import pino from 'pino';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { GatherError } from '../../../src/gather/errors.ts';
import { useLog } from '../../../src/gather/graphql/use-log.ts';
import { type FaultEvent, faults } from '../../../src/gather/monitoring/channels.ts';
import { createMaskError, findFault } from '../../../src/gather/monitoring/mask-errors.ts';
import { Refusals } from '../../../src/gather/monitoring/refusals.ts';
import { identified, withRequestId } from '../../../src/gather/monitoring/request-id.ts';
import { Timing } from '../../../src/gather/monitoring/timing.ts';
import { eventually } from '../../helpers/eventually.ts';

const logged: { level: number; msg: string }[] = [];
const log = pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) });
const maskError = createMaskError();
const logging = { log, refusals: new Refusals(log), maskError, slowOperationMs: 1000, proxyHops: 0 };

/** In the place of `useTiming`. */
const timed: Plugin<{ timing: object }> = {
  onEnveloped: ({ extendContext }) => extendContext({ timing: new Timing(0) }),
};
const FAULT = new Error('secret');

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

test.each([
  ['a request comes', { onRequest: fail }],
  ['its parameters are read', { onRequestParse: fail }],
  ['they are looked at', { onParams: fail }],
  ['its context is built', { onContextBuilding: fail }],
  ['it is executed', { onExecute: fail }],
  ['its result is looked at', { onExecutionResult: fail }],
  ['its result is written', { onResultProcess: fail }],
  ['it is answered', { onResponse: fail }],
])('what a plugin fails of when %s is masked and logged once, with status 500', async (_, plugin) => {
  const yoga = createYoga({
    schema: createSchema({ typeDefs: 'type Query { a: Int }' }),
    plugins: [timed, useLog(logging), plugin],
    maskedErrors: { maskError },
    logging: false,
  });
  const server = createServer(identified((request, response) => void yoga(request, response)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const response = await fetch(`http://127.0.0.1:${port}/graphql?query={a}`);
  const text = await response.text();
  server.close();
  expect(response.status).toBe(500);
  expect(text).toContain(`"requestId":"${response.headers.get('x-request-id')}"`);
  expect(text).not.toMatch(/secret| at /);
  expect(logged.filter(({ level }) => level === 50)).toHaveLength(1);
});

test('a fault is reported with what hides the values of its operation', async () => {
  const reported: string[] = [];
  const onFault = (message: unknown) => {
    const { error, hide } = message as FaultEvent;
    reported.push(hide((error as Error).message));
  };
  faults.subscribe(onFault);
  const yoga = createYoga({
    schema: createSchema({
      typeDefs: 'type Query { a(b: String, c: String): Int }',
      resolvers: {
        Query: {
          a: (_, { b, c }) => {
            throw new Error(`no ${b} of ${c}`);
          },
        },
      },
    }),
    plugins: [timed, useLog(logging)],
    maskedErrors: { maskError },
    logging: false,
  });
  const body = JSON.stringify({ query: 'query ($b: String) { a(b: $b, c: "literal") }', variables: { b: 'variable' } });
  const headers = { 'content-type': 'application/json' };
  await withRequestId(() => yoga.fetch('http://127.0.0.1/graphql', { method: 'POST', headers, body }));
  faults.unsubscribe(onFault);
  expect(reported).toEqual(['no … of …']);
  expect(JSON.stringify(logged)).toContain('no … of …');
  expect(JSON.stringify(logged)).not.toMatch(/variable|literal/);
});

test('the values of an operation do not outlive it with a connection that was opened meanwhile', async () => {
  let values: WeakRef<object> | undefined;
  let connection: Socket | undefined;
  const yoga = createYoga<{ params: { variables: object } }>({
    schema: createSchema({
      typeDefs: 'type Query { a(b: String): Int }',
      resolvers: {
        Query: {
          a: (_, __, { params: { variables } }) => {
            values = new WeakRef(variables);
            const { port } = listening.address() as AddressInfo;
            connection = connect(port, '127.0.0.1');
          },
        },
      },
    }),
    plugins: [timed, useLog(logging)],
    logging: false,
  });
  const listening = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => {
    connection?.destroy();
    listening.close();
  });
  await once(listening, 'listening');
  const body = JSON.stringify({ query: 'query ($b: String) { a(b: $b) }', variables: { b: 'variable' } });
  const headers = { 'content-type': 'application/json' };
  const send = () => yoga.fetch('http://127.0.0.1/graphql', { method: 'POST', headers, body });
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

function fail(): never {
  throw FAULT;
}
