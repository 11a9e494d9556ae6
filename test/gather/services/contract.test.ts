import { readFile } from 'node:fs/promises';
import { guessBulk, readContract } from 'gather/codegen';
import { describe, expect, it, test } from 'vitest';
import { createCheck } from '../../../src/gather/services/check.ts';
import { contracts } from '../library/generated/services.ts';

const FILE = new URL('members.openapi.json', import.meta.url);
const { contract, leftOut } = readContract(await readFile(FILE, 'utf8'), { service: 'members', file: 'members.json' });
const { operations, definitions } = contract;

test('each operation is called by its ID, or else by its method and path', () => {
  expect(Object.entries(operations).map(([name, { method, path }]) => `${name}: ${method} ${path}`)).toEqual([
    'listMembers: GET /members',
    'createMember: POST /members',
    'replaceMember: PUT /members/{id}',
    'renameMember: PATCH /members/{id}',
    'deleteMember: DELETE /members/{id}',
    'getMembersByIdPoints: GET /members/{id}/points',
    'searchMembers: POST /members/search',
    'closeSessions: DELETE /sessions',
  ]);
});

test('what cannot be called or checked is left out by name, with the reason', () => {
  expect(leftOut).toEqual([
    'getPhoto (GET /members/{id}/photo): it answers with image/png, not JSON',
    'putPhoto (PUT /members/{id}/photo): its body is multipart/form-data, not JSON',
    'getTree (GET /trees/{id}): its path parameter id has the style matrix',
    'headTree (HEAD /trees/{id}): its path has {id}, which is none of its parameters',
    'traceTree (TRACE /trees/{id}): its method is TRACE',
    'getSession (GET /sessions): it needs cookie, which is no token, password or key that can be sent',
    'createMember (POST /sessions): another operation has this name',
    'putSession (PUT /sessions): it refers to another file, other.json#/Session',
    'patchSession (PATCH /sessions): it refers to #/components/schemas/Session, which the file does not have',
    'the pattern (?i)x: it is no regular expression of JavaScript',
  ]);
});

test('only the schemas and the credentials in use are kept', () => {
  expect(Object.keys(definitions)).toEqual(['MembersMember', 'MembersMemberInput']);
  expect(Object.keys(contract.credentials)).toEqual(['token', 'user', 'appId', 'appKey']);
});

describe('an answer of OpenAPI 3.0', () => {
  const check = createCheck({ ...operations['listMembers']?.answers[200], definitions });
  const isValid = (member: object) => check({ members: [{ id: 1, name: 'Ann', ...member }] });

  it('may be null where it is `nullable`, also beside a reference, as deep as it refers to itself', () => {
    expect(isValid({ level: null, guardian: null })).toBe(true);
    expect(isValid({ guardian: { id: 2, name: 'Bob', guardian: { id: 3, name: 'Cid', level: 'GOLD' } } })).toBe(true);
    expect(isValid({ guardian: { id: 2, name: 'Bob', guardian: { id: 3, name: 'Cid', level: 'TIN' } } })).toBe(false);
    expect(isValid({ name: null })).toBe(false);
  });

  it('has an exclusive minimum, and a multiple that doubles would not have', () => {
    expect(isValid({ age: 0.07 })).toBe(true);
    expect(isValid({ age: 0 })).toBe(false);
  });

  it('lacks what is only written, and a request what is only read', () => {
    expect(definitions['MembersMember']?.['required']).toEqual(['id', 'name']);
    expect(definitions['MembersMemberInput']?.['required']).toEqual(['name', 'password']);
  });

  it('may have any integer whose format is int64, and else one of GraphQL', () => {
    const points = createCheck({ ...operations['getMembersByIdPoints']?.answers[200], definitions });
    expect(points({ points: 2 ** 40 })).toBe(true);
    expect(isValid({ id: 2 ** 40 })).toBe(false);
  });
});

test('a file without paths has no operations', () => {
  const read = readContract('openapi: 3.0.1', { service: 'empty', file: 'empty.yaml' });
  expect(read).toEqual({ contract: { operations: {}, credentials: {}, definitions: {} }, leftOut: [] });
});

test('a schema that refers to what is not there leaves out each operation that needs it', () => {
  const answer = {
    description: 'One',
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Loan' } } },
  };
  const text = JSON.stringify({
    openapi: '3.1.0',
    paths: { '/a': { get: { responses: { 200: answer } } }, '/b': { get: { responses: { 200: answer } } } },
    components: { schemas: { Loan: { properties: { book: { $ref: '#/components/schemas/Book' } } } } },
  });
  const read = readContract(text, { service: 'loans', file: 'loans.json' });
  const reason = 'it refers to #/components/schemas/Book, which the file does not have';
  expect(read).toEqual({
    contract: { operations: {}, credentials: {}, definitions: {} },
    leftOut: [`getA (GET /a): ${reason}`, `getB (GET /b): ${reason}`],
  });
});

test('a path and a security scheme in another file leave out what needs them', () => {
  const text = `
openapi: 3.1.0
security: [{ remote: [] }]
paths:
  /remote: { $ref: 'other.yaml#/paths/~1remote' }
  /here: { get: { security: [{ remote: [] }, {}], responses: { 204: { description: None } } } }
  /there: { get: { responses: { 204: { description: None } } } }
components: { securitySchemes: { remote: { $ref: 'other.yaml#/remote' } } }`;
  const read = readContract(text, { service: 'split', file: 'split.yaml' });
  expect(read.contract.operations).toEqual({
    getHere: { method: 'GET', path: '/here', answers: { 204: null }, security: [[]] },
  });
  expect(read.leftOut).toEqual([
    '/remote: it refers to another file, other.yaml#/paths/~1remote',
    'getThere (GET /there): it needs remote, which is no token, password or key that can be sent',
  ]);
});

test.each([
  ['swagger: "2.0"', 'ratings.yaml: expected OpenAPI 3.0 or 3.1, got Swagger 2.0.'],
  ['openapi: 3.2.0', 'ratings.yaml: expected OpenAPI 3.0 or 3.1, got 3.2.0.'],
  ['hello', 'ratings.yaml: expected OpenAPI 3.0 or 3.1, got no OpenAPI file.'],
])('the file %j is refused', (text, message) => {
  expect(() => readContract(text, { service: 'ratings', file: 'ratings.yaml' })).toThrow(message);
});

describe('the guess', () => {
  it('finds keys, their number, and their values', () => {
    const guess = (name: string) => operations[name] && guessBulk(operations[name], definitions);
    expect(guess('searchMembers')).toEqual({ in: 'body.memberIds', max: 50, out: 'members[]', by: 'id' });
    expect(guess('getMembersByIdPoints')).toEqual({ in: 'path.id', out: 'points' });
    const { getRatings } = contracts.ratings.operations;
    expect(guessBulk(getRatings, {})).toEqual({ in: 'query.isbns', max: 100, out: 'ratings.*' });
    expect(guessBulk(contracts.ratings.operations.getOpinion, {})).toEqual({ in: 'path.number' });
  });

  it('is none for what writes, or needs more than keys', () => {
    const guess = (name: string) => operations[name] && guessBulk(operations[name], definitions);
    expect(guess('createMember')).toBeUndefined();
    expect(guess('replaceMember')).toBeUndefined();
    expect(guess('deleteMember')).toBeUndefined();
    expect(guess('listMembers')).toEqual({ in: 'query.ids', max: 100, out: 'members[]', by: 'id' });
    expect(guessBulk(contracts.ratings.operations.getPick, {})).toBeUndefined();
  });
});
