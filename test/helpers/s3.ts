import { existsSync, readdirSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import type { BucketConfig } from '../../src/gather/files/s3-bucket.ts';
import { type Handler, type HttpServer, startHttpServer } from './http-server.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const BUCKET = 'files';

/** An S3-compatible server on loopback with one empty bucket. */
export interface TestS3 extends AsyncDisposable {
  readonly config: BucketConfig;
  /** Answers in place of the bucket where it is told to. */
  readonly server: HttpServer;
  /** Answers as the bucket does. */
  readonly respond: Handler;
  /** The ids of multipart uploads that take room. */
  uploads(): string[];
}

/** Starts it. Dispose of it. */
export async function startS3(): Promise<TestS3> {
  const directory = await temporaryDirectory();
  const s3 = new S3rver({
    directory: directory.path,
    silent: true,
    configureBuckets: [{ name: BUCKET }],
    // It signs the path of a bucket without the slash that the SDK ends it with.
    allowMismatchedSignatures: true,
  });
  await s3.configureBuckets();
  const uploads = join(directory.path, BUCKET, '._S3rver_uploads');
  const respond = withUploads(uploads, s3.callback());
  const server = await startHttpServer(respond);
  return {
    config: {
      bucket: BUCKET,
      endpoint: server.url,
      region: 'us-east-1',
      accessKeyId: 'S3RVER',
      secretAccessKey: 'S3RVER',
      timeoutMs: 10_000,
    },
    server,
    respond,
    uploads: () => (existsSync(uploads) ? readdirSync(uploads) : []),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      s3.logger.exceptions.unhandle();
      s3.logger.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** What the store needs and S3rver lacks: to abort an upload, and to know none that is over. */
function withUploads(uploads: string, respond: RequestListener): Handler {
  return (request, response) => {
    const id = new URL(request.url ?? '', 'http://s3').searchParams.get('uploadId');
    if (!id) return respond(request, response);
    if (!existsSync(join(uploads, id)))
      return void response.writeHead(404).end('<Error><Code>NoSuchUpload</Code></Error>');
    if (request.method !== 'DELETE') return respond(request, response);
    rmSync(join(uploads, id), { recursive: true });
    response.writeHead(204).end();
  };
}
