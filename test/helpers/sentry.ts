import { text } from 'node:stream/consumers';
import { startHttpServer } from './http-server.ts';

/** An event as Sentry receives it; as much of it as is tested. */
interface ReceivedEvent {
  environment: string;
  release?: string;
  tags?: Record<string, string>;
  contexts: { trace: { trace_id: string; span_id: string } };
  /** The error, after its causes. */
  exception: { values: { type: string; value: string; stacktrace?: { frames: { filename: string }[] } }[] };
}

/** A receiver of Sentry's envelopes. */
export interface SentryReceiver extends AsyncDisposable {
  /** For SENTRY_DSN. */
  dsn: string;
  events: ReceivedEvent[];
  /** The bodies as they came. */
  envelopes: string[];
}

const PROJECT = 42;

/** Starts a receiver on loopback. Dispose of it. */
export async function startSentryReceiver(): Promise<SentryReceiver> {
  const events: ReceivedEvent[] = [];
  const envelopes: string[] = [];
  const server = await startHttpServer(async (request, response) => {
    const envelope = await text(request);
    if (!request.url?.startsWith(`/api/${PROJECT}/envelope/`)) return void response.writeHead(404).end();
    envelopes.push(envelope);
    const lines = envelope.split('\n').map((line) => JSON.parse(line || '{}'));
    // Each item of an envelope is a header and, in the line after it, the payload.
    lines.forEach(({ type }, at) => {
      if (type === 'event') events.push(lines[at + 1]);
    });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  return {
    dsn: server.url.replace('://', '://publickey@').concat(`/${PROJECT}`),
    events,
    envelopes,
    [Symbol.asyncDispose]: () => server.close(),
  };
}
