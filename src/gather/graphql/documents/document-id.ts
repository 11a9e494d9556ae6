import { hash } from 'node:crypto';

const ID = /^sha256:[0-9a-f]{64}$/;

/**
 * The ID of a document: the hash of its exact text.
 * https://github.com/graphql/graphql-over-http/blob/main/spec/Appendix%20A%20--%20Persisted%20Documents.md
 */
export function toDocumentId(text: string): string {
  return `sha256:${hash('sha256', text)}`;
}

/** Whether a value has the form of a document ID. */
export function isDocumentId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}
