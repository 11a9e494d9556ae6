import { toAddressKey } from '../concurrency/limit-key.ts';
import { Database } from '../database/database.ts';
import type { Pools } from '../database/pool.ts';
import { createTables, type Tables } from '../database/tables.ts';
import { CLIENT_LEFT, GatherError } from '../errors.ts';
import { addressOf } from '../http/address.ts';
import { refuse } from '../http/refuse.ts';
import type { Logger } from '../monitoring/log.ts';
import { answerError } from './answer-error.ts';
import { SENT_COLUMNS, type SentFile, sendFile } from './download.ts';
import { logFailure } from './log-failure.ts';
import type { Route } from './routes.ts';
import type { Store } from './store.ts';

/** The dependencies of routes that serve files. */
export interface DownloadSource {
  pools: Pools;
  store: Pick<Store, 'read'>;
  log: Logger;
  /** Number of trusted proxies in front of the server. */
  proxyHops: number;
  /** A client that reads nothing for this long is disconnected; bytes in system buffers count as read. @default 60_000 */
  idleTimeoutMs?: number;
}

/** A route that serves files of an application. */
export interface Download {
  /** The path, whose first group is the key of the file. */
  path: RegExp;
  /** Finds the file with this key; undefined if this route does not serve it. */
  find(tables: Tables, key: string): Promise<SentFile | undefined>;
}

const IDLE_TIMEOUT_MS = 60_000;
/** Matches the key of a file, for `Download.path`. */
export const FILE_KEY = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const FILE_PATH = new RegExp(`^/files/${FILE_KEY}$`, 'i');

/** `GET /files/<key>` serves any file. */
export function createFileRoute(source: DownloadSource): Route {
  return createDownloadRoute(source, { path: FILE_PATH, find: findFile });
}

/** Creates the route of a download. */
export function createDownloadRoute(source: DownloadSource, { path, find }: Download): Route {
  const { pools, store, log, proxyHops, idleTimeoutMs = IDLE_TIMEOUT_MS } = source;
  return async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort(CLIENT_LEFT));
    response.setTimeout(idleTimeoutMs, () => void response.destroy());
    const { method = '', url = '' } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      const message = `Expected GET or HEAD, got ${method}.`;
      return refuse(response, { status: 405, code: 'METHOD_NOT_ALLOWED', message, headers: { allow: 'GET, HEAD' } });
    }
    try {
      const [, key] = path.exec(url.replace(/\?.*/s, '')) ?? [];
      const client = { key: toAddressKey(addressOf(request, proxyHops)) };
      const file = key && (await find(createTables(new Database(pools, gone.signal, client)), key));
      if (!file) return answerError(response, new GatherError('NOT_FOUND', 'There is no file at this address.'));
      await sendFile(request, response, file, store, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      logFailure(log, `${method} /${url.split('/', 2)[1]}`, error);
      if (response.headersSent) response.destroy();
      else answerError(response, error);
    }
  };
}

function findFile(tables: Tables, key: string): Promise<SentFile | undefined> {
  return tables['gather.file'].find({ key }, { columns: SENT_COLUMNS });
}
