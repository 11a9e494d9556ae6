import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FileRow } from '../database/engine-tables.generated.ts';
import { toGlobalId } from '../global-id.ts';
import type { Progress } from './uploads.ts';

/** The progress of an upload as headers of tus and HTTP. */
export function toProgressHeaders({ offset, size, file }: Progress): OutgoingHttpHeaders {
  return {
    'upload-offset': offset,
    'upload-length': size,
    'cache-control': 'no-store',
    ...(file && { location: pathOf(file) }),
  };
}

/** Answers 201 with the file, in the form of GraphQL's `StoredFile`. */
export function answerCreated(response: ServerResponse, progress: Progress, file: FileRow, publicUrl: string): void {
  const { name, size, type, sha256 } = file;
  // The same as `StoredFile.id`.
  const id = toGlobalId('StoredFile', file.id);
  const url = new URL(pathOf(file), publicUrl).href;
  const body = Buffer.from(`${JSON.stringify({ id, url, name, size: Number(size), type, sha256 })}\n`);
  response.writeHead(201, {
    ...toProgressHeaders(progress),
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

function pathOf({ key }: FileRow): string {
  return `/files/${key}`;
}
