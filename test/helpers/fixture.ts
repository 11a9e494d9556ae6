import type { App } from '../../src/gather/app.ts';
import type { Services } from '../../src/gather/services/services.ts';
import type { Settings } from '../../src/gather/settings.ts';

/** The answer of a simulated service. */
export type ServiceAnswer = { status: number; body?: unknown; headers?: Record<string, string> };

/** An application that tests stand on. */
export interface Fixture {
  app: App;
  /** Fills its migrated database. */
  seed(databaseUrl: string): Promise<void>;
  /** The normal answer of each service to a GET, and its delay. */
  services: Readonly<Record<keyof Services & string, { answer(url: URL): ServiceAnswer; delayMs: number }>>;
  settings: Settings;
}

const PATH = process.env['TEST_FIXTURE'] || 'test/smokehouse/fixture.ts';

/** The application of this project of tests: vitest.config.ts names its file in TEST_FIXTURE. */
export const { fixture } = (await import(new URL(`../../${PATH}`, import.meta.url).href)) as { fixture: Fixture };
