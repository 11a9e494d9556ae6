import type { IncomingMessage, ServerResponse } from 'node:http';
import type { YogaInitialContext } from 'graphql-yoga';
import type { Context } from '../../context.ts';

/** What Yoga and the steps of an operation add to the context. */
type Added = YogaInitialContext & Context;

/**
 * The context of an operation of the Node server, before anything is added to it. It has a place for each property, so that
 * V8 does not make a hash table of it: docs/decisions/050.
 */
export class OperationContext implements Record<keyof Added, unknown> {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  waitUntil!: YogaInitialContext['waitUntil'];
  request: unknown;
  params: unknown;
  signal: unknown;
  answerSize: unknown;
  viewer: unknown;
  roles: unknown;
  address: unknown;
  setCookie: unknown;
  accounts: unknown;
  userErrors: unknown;
  client: unknown;
  database: unknown;
  tables: unknown;
  loaders: unknown;
  renewLoaders: unknown;
  services: unknown;
  toWhere: unknown;
  toOrderBy: unknown;
  columns: unknown;
  jobs: unknown;
  schedules: unknown;
  threads: unknown;
  files: unknown;
  uploads: unknown;
  assertFetchable: unknown;
  publicUrl: unknown;
  timeZone: unknown;
  settings: unknown;

  constructor(req: IncomingMessage, res: ServerResponse) {
    this.req = req;
    this.res = res;
  }
}
