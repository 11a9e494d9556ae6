/** The text of each file of a project, by its path. */
export type Files = Readonly<Record<string, string>>;

/** The file with the structure of a database that belongs to somebody else. */
export const STRUCTURE = 'database.json';
