import type { Accounts } from './accounts/accounts.ts';
import type { Columns } from './database/columns.ts';
import type { Client, Database } from './database/database.ts';
import type { Tables } from './database/tables.ts';
import type { ErrorCode } from './errors.ts';
import type { Files } from './files/files.ts';
import type { Uploads } from './files/uploads.ts';
import type { AnswerSize } from './graphql/limits/answer-size.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Schedule } from './jobs/schedules.ts';
import type { Loaders } from './loaders/index.ts';
import type { Services } from './services/services.ts';
import type { Settings } from './settings.ts';
import type { Threads } from './threads/threads.ts';
import type { Roles, Viewer } from './viewer.ts';

/** The context of a resolver: everything that belongs to one request. */
export interface Context {
  /** Aborts when the client leaves, the deadline passes, or the response is complete. */
  signal: AbortSignal;
  /** Counts the bytes of the response while it is built. */
  answerSize: AnswerSize;
  viewer: Viewer;
  /** The codes of the `userErrors` of its mutations so far. */
  userErrors?: ErrorCode[];
  roles: Roles;
  /** The client's IP address, taken from trusted proxies if there are any. */
  address: string;
  /** Adds a `Set-Cookie` header to the response. */
  setCookie: (cookie: string) => void;
  accounts: Accounts;
  /** Whose share of the connections the statements use, and who pays for their time. */
  client: Client;
  database: Database;
  tables: Tables;
  loaders: Loaders;
  /** Replaces the loaders, so that nothing read before a change is served from their cache. */
  renewLoaders: () => void;
  /** The application's services by name. */
  services: Services;
  /** The columns of each table that the operation reads. */
  columns: Columns;
  jobs: Jobs;
  schedules: readonly Schedule[];
  threads: Threads;
  files: Files;
  uploads: Uploads;
  /**
   * Checks a URL for a task that fetches it with `fetchPublic`, as far as that can be told without looking its name up.
   * @throws INVALID_INPUT for a URL that cannot be fetched
   */
  assertFetchable: (url: string) => void;
  /** The URL at which clients reach this server: `https://app.example`. */
  publicUrl: string;
  /** IANA name of the application's time zone. */
  timeZone: string;
  /** The application's settings. */
  settings: Settings;
}
