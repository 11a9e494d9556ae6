import { addTypenameToDocument } from '@apollo/client/utilities';
import { createRequest, formatDocument, stringifyDocument } from '@urql/core';
import { parse, print } from 'graphql';
import { toDocumentId } from '../graphql/documents/document-id.ts';

/** The documents of an application's own pages, by their IDs, in every form that a client sends them in. */
export function generateManifest(texts: readonly string[]): string {
  const manifest = Object.fromEntries(texts.flatMap(toForms).map((text) => [toDocumentId(text), text]));
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** As it is, and as Apollo Client and urql print it: each without, and with the `__typename` that its cache asks for. */
function toForms(text: string): string[] {
  const document = parse(text);
  const { query } = createRequest(text, {});
  return [
    text,
    print(document),
    print(addTypenameToDocument(document)),
    stringifyDocument(query),
    stringifyDocument(formatDocument(query)),
  ];
}
