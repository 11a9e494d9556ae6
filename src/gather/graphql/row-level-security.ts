import { LocalSettings } from '../database/local-settings.ts';
import type { Viewer } from '../viewer.ts';

/** The settings of PostgreSQL by which an application's policies know the viewer, by name: text, or the `role`. */
export type RowLevelSecurity = (viewer: Viewer) => Readonly<Record<string, string>>;

/**
 * The settings of a viewer's statements; undefined for a viewer who has none. They are asked for once, with the first
 * statement.
 * @throws if the viewer could not be identified, since any row may be theirs
 */
export function settingsOf(rowLevelSecurity: RowLevelSecurity, viewer: Viewer): () => LocalSettings | undefined {
  let found: { settings: LocalSettings | undefined } | undefined;
  return () => {
    if (viewer.failure) throw viewer.failure;
    found ??= { settings: toSettings(rowLevelSecurity(viewer)) };
    return found.settings;
  };
}

/** @throws Error for a value that is no text */
export function toSettings(values: ReturnType<RowLevelSecurity>): LocalSettings | undefined {
  const entries = Object.entries<unknown>(values);
  const wrong = entries.find(([, value]) => typeof value !== 'string');
  if (wrong) {
    throw new Error(`Expected of rowLevelSecurity a text as the setting ${wrong[0]}, got ${wrong[1]}.`);
  }
  return entries.length > 0 ? new LocalSettings(values) : undefined;
}
