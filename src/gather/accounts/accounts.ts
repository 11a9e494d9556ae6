import { limitKeyOf } from '../concurrency/limit-key.ts';
import { Semaphore } from '../concurrency/semaphore.ts';
import type { Id, Timestamp } from '../database/column-types.ts';
import { Database } from '../database/database.ts';
import { forAccounts, type Pools } from '../database/pool.ts';
import { engineTables } from '../database/tables.ts';
import { GatherError } from '../errors.ts';
import type { Roles, SignedIn, Viewer } from '../viewer.ts';
import { isOutdated } from './argon2id.ts';
import { type Attempt, countAttempt, forgiveAttempt, takeBackAttempt } from './attempt-rows.ts';
import { createJwtVerifier, isJwt, type JwtConfig, type JwtVerifier } from './jwt.ts';
import { Passwords } from './passwords.ts';
import { SessionBatches } from './session-batches.ts';
import { SessionCookie } from './session-cookie.ts';
import { beginSession, type FoundSession, findSessions, renewSession } from './session-rows.ts';
import { createToken, hashToken, isToken } from './token.ts';
import { findUser, type UserToCheck } from './user-rows.ts';

/** Credentials, and the address that they came from. */
export interface Credentials {
  email: string;
  password: string;
  /** Of the client. */
  address: string;
}

/** A token, and the address that it came from. */
export interface Token {
  token: string;
  /** Of the client. */
  address: string;
}

/** A session that has begun. */
export interface NewSession {
  /** For the client; only its hash is kept. */
  token: string;
  viewer: SignedIn;
  expiresAt: Timestamp;
}

interface AccountsConfig {
  pools: Pools;
  roles: Roles;
  /** The issuer whose JWTs are accepted besides session tokens. */
  jwt?: JwtConfig | undefined;
  /** The URL at which clients reach the server, if known. */
  publicUrl?: string | undefined;
}

const TAKE_BACK_TIMEOUT_MS = 1000;
/** Concurrent checks of JWTs from senders of many invalid ones; each check takes a thread. */
const JWTS_AT_ONCE = 2;
const WAIT_TIMEOUT_MS = 5000;

/** Users, their sessions, and tokens of another issuer. */
export class Accounts {
  readonly cookie: SessionCookie;
  readonly #pools: Pools;
  readonly #roles: Roles;
  readonly #passwords = new Passwords();
  readonly #verifyJwt: JwtVerifier | undefined;
  readonly #jwtSemaphore = new Semaphore({
    size: JWTS_AT_ONCE,
    perKey: 1,
    timeoutMs: WAIT_TIMEOUT_MS,
    toError: tooManyTokens,
  });
  readonly #batches: SessionBatches;

  constructor({ pools, roles, jwt, publicUrl }: AccountsConfig) {
    this.#pools = forAccounts(pools);
    this.#roles = roles;
    this.#batches = new SessionBatches(this.#pools);
    this.cookie = new SessionCookie(publicUrl?.startsWith('https:') ?? false);
    this.#verifyJwt = jwt && createJwtVerifier(jwt, roles);
  }

  /**
   * Resolves a token to its user, and renews a session past half of its lifetime.
   * @throws UNAUTHENTICATED if the token is malformed, expired or revoked
   */
  async findViewer(signal: AbortSignal, { token, address }: Token): Promise<SignedIn> {
    if (this.#verifyJwt && isJwt(token)) return this.#verifyJwt(token, signal);
    const database = this.#databaseOf(limitKeyOf(address), signal);
    const [session] = isToken(token) ? await findSessions(database, [hashToken(token)]) : [];
    return this.#enter(database, session);
  }

  /**
   * Like `findViewer`, for a sender of many invalid tokens: JWTs are checked one at a time, sessions are looked up in
   * batches. Invalid tokens then cost little, and a valid one among them is found a moment later.
   * @throws BUSY too, if a JWT would wait for too long
   */
  async findViewerInTurn(signal: AbortSignal, { token, address }: Token): Promise<SignedIn> {
    const sender = limitKeyOf(address);
    if (this.#verifyJwt && isJwt(token)) {
      using _permit = await this.#jwtSemaphore.acquire(signal, sender);
      return await this.#verifyJwt(token, signal);
    }
    const session = isToken(token) ? await this.#batches.find(sender, hashToken(token), signal) : undefined;
    return this.#enter(this.#databaseOf(sender, signal), session);
  }

  /** An account whose role the SDL does not have any more has the least role of users. */
  #toViewer({ id, email, name, role, owner }: Omit<UserToCheck, 'passwordHash'>, sessionId: Id): SignedIn {
    const user = { owner: owner ?? `user:${id}`, email, name };
    return { role: this.#roles.highestOf([role]), user, sessionId };
  }

  async #enter(database: Database, session: FoundSession | undefined): Promise<SignedIn> {
    if (!session) {
      const message = 'Expected `Bearer` and the token of an active session, got something else. Sign in again.';
      throw new GatherError('UNAUTHENTICATED', message);
    }
    if (session.isAging) await renewSession(database, session.sessionId).catch(unlessUnsupported);
    return this.#toViewer(session, session.sessionId);
  }

  /**
   * Starts a session. The attempt is counted before the password is checked, so that concurrent attempts cannot exceed
   * the limit, and taken back if the password is not checked. Without the password, an existing account cannot be told
   * from a missing one; a disabled account behaves as a missing one even with its password.
   * @throws WRONG_CREDENTIALS, TOO_MANY_ATTEMPTS, BUSY
   */
  async signIn(signal: AbortSignal, { email, password, address }: Credentials): Promise<NewSession> {
    const attempt = { email, sender: limitKeyOf(address) };
    const database = this.#databaseOf(attempt.sender, signal);
    using _permit = this.#passwords.enter(attempt.sender);
    await assertFewAttempts(database, attempt);
    const user = await this.#authenticate(database, attempt, password);
    const token = createToken();
    const session = user && (await beginSession(database, user.id, hashToken(token)));
    if (!user || !session) throw wrongCredentials();
    await forgiveAttempt(database, attempt);
    await this.#renewHash(database, user, password, attempt.sender);
    return { token, viewer: this.#toViewer(user, session.id), expiresAt: session.expiresAt };
  }

  /** Ends the viewer's session. @returns whether there was one */
  async signOut(signal: AbortSignal, { sessionId }: Viewer, address: string): Promise<boolean> {
    if (sessionId === null) return false;
    const database = this.#databaseOf(limitKeyOf(address), signal);
    return (await engineTables(database).session.delete({ id: sessionId })) > 0;
  }

  /** On connections reserved for sessions and sign-in. */
  #databaseOf(sender: string, signal: AbortSignal): Database {
    return new Database(this.#pools, signal, { key: sender });
  }

  /** The user, if the password is right. */
  async #authenticate(database: Database, attempt: Attempt, password: string): Promise<UserToCheck | undefined> {
    try {
      const user = await findUser(database, attempt.email);
      const isRight = await this.#passwords.verify(password, user?.passwordHash, database.signal, attempt.sender);
      return isRight ? user : undefined;
    } catch (error) {
      // The request's deadline may have passed. If this fails too, the attempt counts for 15 minutes.
      const own = new Database(this.#pools, AbortSignal.timeout(TAKE_BACK_TIMEOUT_MS));
      await takeBackAttempt(own, attempt).catch(() => {});
      throw error;
    }
  }

  /** Rehashes a password whose hash has other parameters than new ones, while the password is known. */
  async #renewHash(
    database: Database,
    { id, passwordHash }: UserToCheck,
    password: string,
    sender: string,
  ): Promise<void> {
    if (!isOutdated(passwordHash)) return;
    const renewed = await this.#passwords.hash(password, database.signal, sender);
    await engineTables(database).user.update({ id, passwordHash }, { passwordHash: renewed });
  }
}

async function assertFewAttempts(database: Database, attempt: Attempt): Promise<void> {
  const refusal = await countAttempt(database, attempt);
  if (!refusal) return;
  const message = `Too many attempts to sign in. Try again in ${refusal.retryAfterSeconds} seconds.`;
  throw new GatherError('TOO_MANY_ATTEMPTS', message, { field: refusal.of === 'account' ? 'email' : undefined });
}

/** Where the server may only read, sessions are not renewed. */
function unlessUnsupported(error: unknown): void {
  if (!(error instanceof GatherError && error.code === 'UNSUPPORTED')) throw error;
}

function tooManyTokens(): GatherError {
  return new GatherError('BUSY', 'Too many tokens from this address are being checked. Try again in a moment.', {
    retryable: true,
  });
}

function wrongCredentials(): GatherError {
  return new GatherError('WRONG_CREDENTIALS', 'No account has this email and password.', {
    field: 'email',
  });
}
