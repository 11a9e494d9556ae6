import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Bulk, defineService } from 'gather';
import { readContract } from 'gather/codegen';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { OperationContract } from '../../../src/gather/services/contract.ts';
import { createServices, type ServiceClients } from '../../../src/gather/services/create-services.ts';
import type { BoundOperation } from '../../../src/gather/services/operation.ts';
import { type Handler, type HttpServer, json, startHttpServer, status } from '../../helpers/http-server.ts';

const FILE = new URL('members.openapi.json', import.meta.url);
const { contract } = readContract(await readFile(FILE, 'utf8'), { service: 'members', file: 'members.json' });
const { signal } = new AbortController();
const ANN = { id: 1, name: 'Ann' };
const BOB = { id: 2, name: 'Bob' };

interface Received {
  method: string | undefined;
  url: string | undefined;
  headers: IncomingMessage['headers'];
  body: unknown;
}

let server: HttpServer;
let received: Received[];
let opened: ServiceClients[];

beforeEach(async () => {
  received = [];
  opened = [];
  server = await startHttpServer(status(204));
});
afterEach(async () => {
  await Promise.all(opened.map((clients) => clients.close()));
  await server.close();
});

type Declared = Readonly<Record<string, Bulk>>;

function open(bulk: Declared = {}, credentials: Record<string, string> = {}, limits = {}) {
  const members = defineService(contract, { bulk: bulk as never, connections: 4, ...limits });
  const clients = createServices({ members }, { members: { url: `${server.url}/v2`, timeoutMs: 5000, credentials } });
  opened.push(clients);
  const operations = Reflect.get(clients.bind(signal), 'members') as Readonly<Record<string, BoundOperation>>;
  return (name: string) => operations[name] as BoundOperation & Required<BoundOperation>;
}

function created(body: object): Handler {
  return (_request, response) => {
    response.writeHead(201, { 'content-type': 'application/vnd.members+json' }).end(JSON.stringify(body));
  };
}

/** Answers once the body has come. */
function answering(answer: (request: Received) => Handler): Handler {
  return async (request, response) => {
    const body = await text(request);
    const { method, url, headers } = request;
    const given = { method, url, headers, body: body && JSON.parse(body) };
    received.push(given);
    answer(given)(request, response);
  };
}

describe('a request', () => {
  it('has parameters in the path, the query and the header in the styles of its contract', async () => {
    server.respond = answering(() => json({ members: [ANN] }));
    const answer = await open()('listMembers')({
      query: {
        ids: [1, 2],
        tags: ['a|b', 'c'],
        words: ['d e', 'f'],
        filter: { city: 'Köln & Bonn', age: undefined },
        page: { size: 5 },
        sort: { by: 'name' },
      },
      headers: { 'X-Branch': 'north' },
    });
    expect(answer).toEqual({ members: [ANN] });
    const [path, query] = received[0]?.url?.split('?') ?? [];
    expect(path).toBe('/v2/members');
    expect(query?.split('&')).toEqual([
      'ids=1',
      'ids=2',
      'tags=a%7Cb%7Cc',
      'words=d%20e%20f',
      'filter%5Bcity%5D=K%C3%B6ln%20%26%20Bonn',
      'size=5',
      'sort=%7B%22by%22%3A%22name%22%7D',
    ]);
    expect(received[0]?.headers['x-branch']).toBe('north');
  });

  it.each([
    ['createMember', {}, 'POST', '/v2/members', 'application/json', created(ANN), ANN],
    ['replaceMember', { path: { id: 7 } }, 'PUT', '/v2/members/7', 'application/json', status(204), undefined],
    ['renameMember', { path: { id: 7 } }, 'PATCH', '/v2/members/7', 'application/merge-patch+json', json(BOB), BOB],
  ] as const)(
    'of %s has a JSON body and checks the answer',
    async (name, values, method, url, type, handler, answer) => {
      server.respond = answering(() => handler);
      expect(await open()(name)({ ...values, body: { name: 'Ann' } })).toEqual(answer);
      expect(received).toMatchObject([{ method, url, body: { name: 'Ann' } }]);
      expect(received[0]?.headers['content-type']).toBe(type);
    },
  );

  it('without what it needs is an error of the program, and one that would lead elsewhere of its input', async () => {
    const operation = open()('getMembersByIdPoints');
    await expect(operation({})).rejects.toThrow(
      'Expected path.id in a request of GET /members/{id}/points, got undefined.',
    );
    for (const id of ['..', '.', '']) {
      const message = `Expected a value that can be part of a path, got "${id}".`;
      await expect(operation({ path: { id } })).rejects.toMatchObject({ code: 'INVALID_INPUT', message, field: 'id' });
    }
    const text = 'a\ud800';
    const message = 'Expected text without unpaired surrogates, got "a\\ud800".';
    await expect(operation({ path: { id: text } })).rejects.toMatchObject({ message, field: 'id' });
    const listMembers = open()('listMembers');
    for (const [field, value] of Object.entries({ words: [text], filter: { city: text } })) {
      const refusal = { code: 'INVALID_INPUT', message, field };
      await expect(listMembers({ query: { [field]: value } })).rejects.toMatchObject(refusal);
    }
    const headers = { 'X-Branch': 'a\r\nb: c' };
    await expect(open()('listMembers')({ headers })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      field: 'X-Branch',
    });
    expect(received).toEqual([]);
  });

  it('is one of an operation of any name, of a service of any name', async () => {
    server.respond = json({ members: [ANN] });
    const { listMembers } = contract.operations as Readonly<Record<string, OperationContract>>;
    const source = defineService({ ...contract, operations: { source: listMembers } } as never);
    const clients = createServices({ source }, { source: { url: server.url } });
    opened.push(clients);
    const bound = clients.bind(signal) as unknown as { source: { source: BoundOperation } };
    expect(await bound.source.source()).toEqual({ members: [ANN] });
  });

  it('keeps a path parameter in its segment', async () => {
    server.respond = answering(() => json({ points: 1 }));
    await open()('getMembersByIdPoints')({ path: { id: '../7/a?b#c' } });
    expect(received[0]?.url).toBe('/v2/members/..%2F7%2Fa%3Fb%23c/points');
  });
});

describe('credentials', () => {
  it('are sent where the contract says, the first of which all are given', async () => {
    server.respond = answering(() => status(204));
    const token = { token: 'to-ken' };
    await open({}, token)('replaceMember')({ path: { id: 1 } });
    await open({}, token)('closeSessions')();
    await open()('closeSessions')();
    await open({}, { ...token, user: 'ann:pass' })('deleteMember')({ path: { id: 1 } });
    await open({}, { ...token, appId: 'a&b', appKey: 'key' })('deleteMember')({ path: { id: 1 } });
    expect(received.map(({ url, headers }) => [url, headers.authorization, headers['x-app-key']])).toEqual([
      ['/v2/members/1', 'Bearer to-ken', undefined],
      ['/v2/sessions', 'Bearer to-ken', undefined],
      ['/v2/sessions', undefined, undefined],
      ['/v2/members/1', `Basic ${btoa('ann:pass')}`, undefined],
      ['/v2/members/1?app=a%26b', undefined, 'key'],
    ]);
  });

  it('are not sent to an operation without security, and are in no message', async () => {
    server.respond = answering(() => status(404));
    const call = open({}, { token: 'to-ken', appId: 'secret', appKey: 'secret' });
    const points = await call('getMembersByIdPoints')({ path: { id: 1 } }).catch((error) => error);
    expect(received[0]?.headers.authorization).toBeUndefined();
    expect(points).toMatchObject({
      status: 404,
      message: 'members answered GET /members/1/points with status 404 (No such member); expected 200.',
    });
    const removed = await call('deleteMember')({ path: { id: 1 } }).catch((error: Error) => error);
    expect((removed as Error).message).toBe('members answered DELETE /members/1 with status 404; expected 204.');
  });
});

describe('a failure', () => {
  it.each([
    ['GET', 'listMembers', 3],
    ['PUT', 'replaceMember', 3],
    ['DELETE', 'deleteMember', 3],
    ['POST', 'createMember', 1],
    ['PATCH', 'renameMember', 1],
  ])('of %s is tried again only if that does no harm', async (_, name, attempts) => {
    server.respond = status(503);
    const call = open()(name)({ path: { id: 1 }, body: {} });
    await expect(call).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', status: 503, retryable: true });
    expect(server.requests).toHaveLength(attempts);
  });

  it('that the contract has says what it means', async () => {
    server.respond = status(409);
    await expect(open()('createMember')({ body: {} })).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID',
      status: 409,
      message: 'members answered POST /members with status 409 (There is one already); expected 201.',
    });
  });

  it('is an answer of another shape, or of a status that the contract does not have', async () => {
    server.respond = created({ id: 'one' });
    await expect(open()('createMember')({ body: {} })).rejects.toMatchObject({ code: 'UPSTREAM_INVALID' });
    server.respond = json(ANN);
    await expect(open()('createMember')({ body: {} })).rejects.toThrow('status 200; expected 201');
  });
});

describe('keys', () => {
  const SEARCH = { searchMembers: { in: 'body.memberIds', max: 2, out: 'members[]', by: 'id' } } as const;
  const POINTS = { getMembersByIdPoints: { in: 'path.id', out: 'points' } } as const;

  it('in a JSON body have the type of the contract, and values in a list are found by their property', async () => {
    server.respond = answering(() => json({ members: [BOB, ANN] }));
    expect(await open(SEARCH)('searchMembers').byKey(['1', 2])).toEqual([ANN, BOB]);
    expect(received).toMatchObject([{ method: 'POST', url: '/v2/members/search', body: { memberIds: [1, 2] } }]);
  });

  it('that were not asked for have no values, whatever the answer has', async () => {
    server.respond = answering(() => json({ members: [BOB, ANN] }));
    expect(await open(SEARCH)('searchMembers').byText(['1', '7'])).toEqual(
      new Map<string, unknown>([
        ['1', ANN],
        ['7', null],
      ]),
    );
  });

  it('are split into concurrent requests, one of which fails with its own keys only', async () => {
    const all = Promise.withResolvers<void>();
    server.respond = answering(({ body }) => async (request, response) => {
      if (received.length === 3) all.resolve();
      await all.promise;
      const { memberIds } = body as { memberIds: number[] };
      const found = memberIds.filter((id) => id !== 5).map((id) => ({ id, name: `Member ${id}` }));
      (memberIds.includes(3) ? status(500) : json({ members: found }))(request, response);
    });
    const values = await open(SEARCH)('searchMembers').byKey(['1', '2', '3', '4', '5', '1', 'x']);
    const failure = { code: 'UPSTREAM_UNAVAILABLE', status: 500 };
    const [first, second] = [1, 2].map((id) => ({ id, name: `Member ${id}` }));
    expect(values).toMatchObject([first, second, failure, failure, null, first, null] as object[]);
    expect(received.map(({ body }) => body)).toEqual([
      { memberIds: [1, 2] },
      { memberIds: [3, 4] },
      { memberIds: [5] },
    ]);
  });

  it('in a path are a request each, as many at a time as there are connections, so that none is refused; 404 is no value', async () => {
    let most = 0;
    server.respond = answering(({ url }) => (request, response) => {
      most = Math.max(most, server.open.size);
      const id = Number(url?.split('/')[3]);
      setTimeout(() => (id === 3 ? status(404) : id === 4 ? status(500) : json({ points: id }))(request, response), 5);
    });
    const ids = Array.from({ length: 12 }, (_, index) => index + 1);
    const values = await open(POINTS, {}, { connections: 3, maxQueued: 1 })('getMembersByIdPoints').byKey(ids);
    const others = ids.map((id) => (id === 3 || id === 4 ? null : id));
    expect(values.map((value) => (value instanceof Error ? null : value))).toEqual(others);
    expect(values[3]).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(received).toHaveLength(12);
    expect(most).toBe(3);
    const points = open(POINTS, {}, { connections: 3, maxQueued: 1 })('getMembersByIdPoints');
    expect(await points.byText(['3', 3])).toEqual(new Map([['3', null]]));
    expect(received).toHaveLength(13);
  });

  it('that are no text have no value, and do not fail the others', async () => {
    server.respond = answering(() => json({ members: [ANN] }));
    const bulk: Declared = { listMembers: { in: 'query.words', out: 'members[]', by: 'name' } };
    expect(await open(bulk)('listMembers').byKey(['Ann', 'a\ud800'])).toEqual([ANN, null]);
    expect(received).toHaveLength(1);
  });

  it('in exploded parameters count with their names towards the length of the URL', async () => {
    server.respond = answering(() => json({ members: [] }));
    const keys = Array.from({ length: 1500 }, (_, index) => 1_000_000_000 + index);
    const bulk = { listMembers: { in: 'query.ids', max: 2000, out: 'members[]', by: 'id' } } as const;
    await open(bulk)('listMembers').byKey(keys);
    const lengths = received.map(({ url = '' }) => url.length);
    expect(lengths).toHaveLength(4);
    expect(lengths.every((length) => length <= 6020)).toBe(true);
  });
});

test.each([
  [{ find: { in: 'query.ids' } }, 'bulk.find: the contract has no such operation.'],
  [
    { searchMembers: { in: 'body.ids', out: 'members[]', by: 'id' } },
    'bulk.searchMembers: Expected `in` to name a parameter or a property of the body, got "body.ids".',
  ],
  [
    { searchMembers: { in: 'body.memberIds', out: 'people[]', by: 'id' } },
    'bulk.searchMembers: Expected `out` to name a list of the answer, got "people[]".',
  ],
  [
    { searchMembers: { in: 'body.memberIds', out: 'members[]', by: 'memberId' } },
    'bulk.searchMembers: Expected `by` to name a property of members[], got "memberId".',
  ],
  [
    { searchMembers: { in: 'body.memberIds', out: 'members[]', by: 'id[]' } },
    'bulk.searchMembers: Expected `by` to name a property of members[], got "id[]".',
  ],
  [
    { searchMembers: { in: 'body.memberIds', out: 'members' } },
    'bulk.searchMembers: Expected `out` to name a list of the answer, as in "ratings[]", or an object by key, as in "stock.*", got "members".',
  ],
  [
    { getMembersByIdPoints: { in: 'path.id', out: 'point' } },
    'bulk.getMembersByIdPoints: Expected `out` to name a property of the answer, got "point".',
  ],
  [
    { searchMembers: { in: 'body.memberIds', max: 51, out: 'members[]', by: 'id' } },
    'bulk.searchMembers: Expected `max` of at most 50, got 51.',
  ],
  [
    { replaceMember: { in: 'path.id' } },
    'bulk.replaceMember: Expected `out` to name a property of the answer, got "".',
  ],
] as [Declared, string][])('the declaration %j is refused at start', (bulk, message) => {
  expect(() => defineService(contract, { bulk: bulk as never })).toThrow(message);
});
