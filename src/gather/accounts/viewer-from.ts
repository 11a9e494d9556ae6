import { untilAborted } from '../abort.ts';
import { limitKeyOf } from '../concurrency/limit-key.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import { Database } from '../database/database.ts';
import { forAccounts, type Pools } from '../database/pool.ts';
import { createTables, type Tables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import type { Settings } from '../settings.ts';
import type { Role, Roles, SignedIn } from '../viewer.ts';
import { isOwnerKey, OWNER_KEY } from './owner-key.ts';

/** A viewer, as an application identifies them. */
export interface Identity {
  /** The key of the rows that are theirs: the value of the column that `@owned(by:)` names. */
  owner: string | number;
  /** @default the first role of users, the second one of `enum Role` */
  role?: Role | undefined;
  /** @default the owner */
  name?: string | undefined;
  email?: string | null | undefined;
}

/** What an application may use to identify a viewer. */
export interface ViewerSource {
  /** Aborts when nobody waits any more. */
  signal: AbortSignal;
  /** The client's IP address. */
  address: string;
  /** On connections that are reserved for identification. */
  database: Database;
  tables: Tables;
  settings: Settings;
}

/**
 * Identifies the viewer of a request, which comes without its body, and without cookies if a form or link of another page
 * may have sent it. If it returns none, the tokens and sessions of the engine decide.
 * @throws UNAUTHENTICATED to refuse the request. After any other error the viewer is anonymous, and fields that are not open
 *   to everybody fail with it
 */
export type ViewerFrom = (request: Request, source: ViewerSource) => Promise<Found> | Found;

type Found = Identity | null | undefined;

/** A request to identify. */
interface Asked {
  request: Request;
  signal: AbortSignal;
  address: string;
}

interface IdentitiesConfig {
  viewerFrom: ViewerFrom;
  pools: Pools;
  roles: Roles;
  settings: Settings;
}

const AT_ONCE = 2;
const WAIT_TIMEOUT_MS = 5000;

/** The viewers that an application identifies. */
export class Identities {
  readonly #config: IdentitiesConfig;
  readonly #pools: Pools;
  readonly #semaphore = new Semaphore({ size: AT_ONCE, perKey: 1, timeoutMs: WAIT_TIMEOUT_MS, toError: tooMany });

  constructor(config: IdentitiesConfig) {
    this.#config = config;
    this.#pools = forAccounts(config.pools);
  }

  /** The viewer of a request; null if the application knows none. @throws UNAUTHENTICATED, and what the application throws */
  async find({ request, signal, address }: Asked): Promise<SignedIn | null> {
    const { viewerFrom, roles, settings } = this.#config;
    const database = new Database(this.#pools, signal, { key: limitKeyOf(address) });
    const source = { signal, address, database, tables: createTables(database), settings };
    const identity = await untilAborted(signal, Promise.resolve(viewerFrom(request, source)));
    return identity ? toViewer(identity, roles) : null;
  }

  /** Like `find`, for an address that has sent many requests to refuse: one at a time. @throws BUSY too */
  async findInTurn(asked: Asked): Promise<SignedIn | null> {
    using _permit = await this.#semaphore.acquire(asked.signal, limitKeyOf(asked.address));
    return await this.find(asked);
  }
}

function toViewer({ owner: key, role = undefined, name, email = null }: Identity, roles: Roles): SignedIn {
  const owner = typeof key === 'number' ? String(key) : key;
  if (typeof owner !== 'string' || !isOwnerKey(owner)) {
    throw new GatherError('UNAUTHENTICATED', `Expected a viewer whose owner is ${OWNER_KEY}, got another one.`);
  }
  if (role !== undefined && !roles.ofUsers.includes(role)) {
    throw new Error(`Expected of viewerFrom a viewer with the role ${roles.ofUsers.join(' or ')}, got "${role}".`);
  }
  return { role: role ?? roles.signedIn, user: { owner, name: name ?? owner, email }, sessionId: null };
}

function tooMany(): GatherError {
  const message = 'Too many requests from this address are being identified. Try again in a moment.';
  return new GatherError('BUSY', message, { retryable: true });
}
