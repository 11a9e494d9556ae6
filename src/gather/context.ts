import type { Accounts } from './accounts/accounts.ts';
import type { Columns } from './database/columns.ts';
import type { Client, Database } from './database/database.ts';
import type { Tables } from './database/tables.ts';
import type { Files } from './files/files.ts';
import type { Uploads } from './files/uploads.ts';
import type { AnswerSize } from './graphql/limits/answer-size.ts';
import type { Jobs } from './jobs/jobs.ts';
import type { Schedule } from './jobs/schedules.ts';
import type { Loaders } from './loaders/index.ts';
import type { Services } from './services/define-service.ts';
import type { Settings } from './settings.ts';
import type { Threads } from './threads/threads.ts';
import type { Roles, Viewer } from './viewer.ts';

/** What a resolver is handed: everything of one request. */
export interface Context {
  /** Aborts when nobody waits for the answer any more, or when its deadline has passed. */
  signal: AbortSignal;
  /** Counts the answer while it is made. */
  answerSize: AnswerSize;
  /** Who asks. */
  viewer: Viewer;
  /** What viewers may do. */
  roles: Roles;
  /** Where the request comes from: the address of its sender, as far as proxies are trusted to say it. */
  address: string;
  /** Adds a cookie to the response, as `Set-Cookie` has it. */
  setCookie: (cookie: string) => void;
  accounts: Accounts;
  /** For whom the statements run: whose connections they take, and who pays for their time. */
  client: Client;
  database: Database;
  tables: Tables;
  loaders: Loaders;
  /** Replaces the loaders, so that what is read after a change is read anew. */
  renewLoaders: () => void;
  /** The application's services, by their names. */
  services: Services;
  /** The columns of each table that the operation reads. */
  columns: Columns;
  jobs: Jobs;
  schedules: readonly Schedule[];
  threads: Threads;
  files: Files;
  uploads: Uploads;
  /** Where clients reach this server: `https://app.example`. */
  publicUrl: string;
  /** The application's, by its IANA name. */
  timeZone: string;
  /** The application's settings. */
  settings: Settings;
}
