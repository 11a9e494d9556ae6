import { addTypenameToDocument } from '@apollo/client/utilities';
import { createRequest, formatDocument, stringifyDocument } from '@urql/core';
import { parse, print } from 'graphql';
import { toDocumentId } from '../graphql/documents/document-id.ts';

/** The manifest of trusted documents, by ID, in each form in which clients send them. */
export function generateManifest(texts: readonly string[]): string {
  const manifest = Object.fromEntries(texts.flatMap(toForms).map((text) => [toDocumentId(text), text]));
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** A document as written, and as Apollo Client and urql print it, each without and with the `__typename` of its cache. */
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
