import { type FetchAPI, processRegularResult } from 'graphql-yoga';
import { MULTIPART } from '../../http/accept.ts';
import { isParts, type Part, type Result } from './part.ts';

const BEGIN = '\r\n---';
const END = '--\r\n';

/**
 * Writes a result as `multipart/mixed` with the boundary `-`:
 * https://github.com/graphql/graphql-over-http/blob/main/rfcs/IncrementalDelivery.md. Yoga does not export how it does.
 */
export async function toMultipart(result: Result, fetchAPI: FetchAPI): Promise<Response> {
  const type = `${MULTIPART}; boundary="-"`;
  if (isParts(result)) {
    const body = toStream(result[Symbol.asyncIterator](), fetchAPI);
    return new fetchAPI.Response(body, { headers: { 'Content-Type': type } });
  }
  const whole = processRegularResult(result, fetchAPI, type);
  const { status, headers } = whole;
  const body = BEGIN + toPart(await whole.text()) + END;
  headers.delete('Content-Length');
  headers.set('Content-Type', type);
  return new fetchAPI.Response(body, { status, headers });
}

/** @param parts never reject, and can be written */
function toStream(parts: AsyncIterator<Part>, fetchAPI: FetchAPI): ReadableStream<Uint8Array> {
  const encoder = new fetchAPI.TextEncoder();
  return new fetchAPI.ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encoder.encode(BEGIN)),
    pull: async (controller) => {
      const { done, value } = await parts.next();
      const text = done ? END : toPart(await processRegularResult(value, fetchAPI, MULTIPART).text());
      controller.enqueue(encoder.encode(text));
      if (done) controller.close();
    },
    cancel: async () => void (await parts.return?.()),
  });
}

/** A part up to the next boundary. */
function toPart(json: string): string {
  const length = Buffer.byteLength(json);
  return `\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${length}\r\n\r\n${json}\r\n---`;
}
