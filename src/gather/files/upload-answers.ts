import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FileRow } from '../database/engine-tables.generated.ts';
import type { Progress } from './uploads.ts';

/** How far an upload is, as tus and HTTP say it. */
export function toProgressHeaders({ offset, size, file }: Progress): OutgoingHttpHeaders {
  return {
    'upload-offset': offset,
    'upload-length': size,
    'cache-control': 'no-store',
    ...(file && { location: pathOf(file) }),
  };
}

/** 201: the file, as GraphQL would tell of it. */
export function answerCreated(response: ServerResponse, progress: Progress, file: FileRow, publicUrl: string): void {
  const { name, size, type, sha256 } = file;
  // The ID is the one of `StoredFile.id`.
  const id = btoa(`StoredFile:${file.id}`);
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
