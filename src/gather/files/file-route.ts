import { Database } from '../database/database.ts';
import type { Pools } from '../database/pool.ts';
import { createTables, type Tables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import { addressOf, toAddressKey } from '../http/address.ts';
import type { Logger } from '../monitoring/log.ts';
import { answerError, refuse } from './answer-error.ts';
import { SENT_COLUMNS, type SentFile, sendFile } from './download.ts';
import type { Route } from './routes.ts';
import type { Store } from './store.ts';

interface DownloadSource {
  pools: Pools;
  store: Pick<Store, 'read'>;
  log: Logger;
  /** How many proxies in front of the server are trusted to say who sends. */
  proxyHops: number;
  /** A client that takes nothing for so long is cut off; what the system holds for it is not seen. @default 60_000 */
  idleTimeoutMs?: number;
}

type Find = (tables: Tables, key: string) => Promise<SentFile | undefined>;

const IDLE_TIMEOUT_MS = 60_000;
const KEY = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const FILE_PATH = new RegExp(`^/files/${KEY}$`, 'i');
const CERTIFICATE_PATH = new RegExp(`^/certificates/${KEY}/certificate\\.pdf$`, 'i');
const CLIENT_LEFT = new GatherError('CANCELLED', 'The client left.');

/** `GET /files/<key>`: any file. */
export function createFileRoute(source: DownloadSource): Route {
  return createDownloadRoute(source, FILE_PATH, findFile);
}

/** `GET /certificates/<key>/certificate.pdf`: the file of a certificate, under that name. */
export function createCertificateRoute(source: DownloadSource): Route {
  return createDownloadRoute(source, CERTIFICATE_PATH, findCertificate);
}

function createDownloadRoute(source: DownloadSource, path: RegExp, find: Find): Route {
  const { pools, store, log, proxyHops, idleTimeoutMs = IDLE_TIMEOUT_MS } = source;
  return async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort(CLIENT_LEFT));
    response.setTimeout(idleTimeoutMs, () => void response.destroy());
    const { method = '', url = '' } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      const message = `Expected GET or HEAD, got ${method}.`;
      return refuse(response, { status: 405, code: 'METHOD_NOT_ALLOWED', message }, { allow: 'GET, HEAD' });
    }
    try {
      const [, key] = path.exec(url.replace(/\?.*/s, '')) ?? [];
      const client = { key: toAddressKey(addressOf(request, proxyHops)) };
      const file = key && (await find(createTables(new Database(pools, gone.signal, client)), key));
      if (!file) return answerError(response, new GatherError('NOT_FOUND', 'There is no file at this address.'));
      await sendFile(request, response, file, store, gone.signal);
    } catch (error) {
      if (gone.signal.aborted) return;
      log.error(error);
      if (response.headersSent) response.destroy();
      else answerError(response, error);
    }
  };
}

function findFile(tables: Tables, key: string): Promise<SentFile | undefined> {
  return tables.file.find({ key }, { columns: SENT_COLUMNS });
}

async function findCertificate(tables: Tables, key: string): Promise<SentFile | undefined> {
  const file = await tables.file.find({ key }, { columns: ['id', ...SENT_COLUMNS] });
  if (!file || !(await tables.certificate.exists({ fileId: file.id }))) return undefined;
  return { ...file, name: 'certificate.pdf' };
}
