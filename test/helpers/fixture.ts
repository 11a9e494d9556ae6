import type { App } from '../../src/gather/app.ts';
import type { Services } from '../../src/gather/services/define-service.ts';
import type { Settings } from '../../src/gather/settings.ts';

/** What a service answers to a GET of this URL. */
export type ServiceAnswer = { status: number; body?: unknown; headers?: Record<string, string> };

/** An application that tests stand on. */
export interface Fixture {
  app: App;
  /** Fills its migrated database. */
  seed(databaseUrl: string): Promise<void>;
  /** What its services answer where all is well, and after how many milliseconds. */
  services: Readonly<Record<keyof Services & string, { answer(url: URL): ServiceAnswer; delayMs: number }>>;
  settings: Settings;
  /** Its manifest of documents. */
  documentsFile: string;
}

const PATH = process.env['TEST_FIXTURE'] || 'test/smokehouse/fixture.ts';

/** The application of this project of tests: vitest.config.ts names its file in TEST_FIXTURE. */
export const { fixture } = (await import(new URL(`../../${PATH}`, import.meta.url).href)) as { fixture: Fixture };
