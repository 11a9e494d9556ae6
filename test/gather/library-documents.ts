import { readFileSync } from 'node:fs';

/** The text of a trusted document of the library. @param name of its file, without `.graphql` */
export function libraryDocument(name: 'catalogue' | 'front' | 'lend' | 'page'): string {
  return readFileSync(new URL(`./library/documents/${name}.graphql`, import.meta.url), 'utf8');
}
