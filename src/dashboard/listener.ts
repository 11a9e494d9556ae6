import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { untilAborted } from '../calls.ts';

type Answer = (incoming: IncomingMessage, signal: AbortSignal) => Promise<Response>;

/**
 * Lets node:http be answered by `Response`s, whose bodies are streamed.
 * @param timeoutMs for the whole of an answer; 504 where it has not begun by then, and cut off where it has not ended
 */
export function toListener(answer: Answer, timeoutMs: number): RequestListener {
  return async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once('close', () => gone.abort());
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      await send(await untilAborted(signal, answer(incoming, signal)), outgoing, signal);
    } catch (error) {
      if (outgoing.headersSent) return void outgoing.destroy();
      const status = signal.aborted ? 504 : 500;
      outgoing.writeHead(status).end(signal.aborted ? `There was no answer within ${timeoutMs} ms.\n` : `${error}\n`);
    }
  };
}

/**
 * The request without its body.
 * @throws TypeError where its target and its `Host` make no URL
 */
export function toRequest({ method, url, headersDistinct, headers: { host } }: IncomingMessage, signal: AbortSignal) {
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value): [string, string] => [name, value]),
  );
  // Not `new URL(url, base)`: a target that begins with two slashes would name another host.
  return new Request(`http://${host ?? 'localhost'}${url}`, { method, headers, signal });
}

async function send({ status, headers, body }: Response, outgoing: ServerResponse, signal: AbortSignal): Promise<void> {
  outgoing.setHeaders(headers).writeHead(status);
  if (body) await body.pipeTo(Writable.toWeb(outgoing), { signal });
  else outgoing.end();
}
