import type { IncomingMessage } from 'node:http';

/** One part of an answer in parts, loosely typed. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into parts of any shape
export type Part = any;

/** The parts of a multipart response, each as soon as it has arrived. */
export async function* readParts(response: IncomingMessage): AsyncGenerator<Part> {
  const boundary = /boundary="?([^";]+)/.exec(response.headers['content-type'] ?? '')?.[1];
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) {
    const pieces = (text + chunk).split(`\r\n--${boundary}`);
    text = pieces.pop() ?? '';
    for (const piece of pieces) {
      const body = piece.indexOf('\r\n\r\n');
      if (body >= 0) yield JSON.parse(piece.slice(body));
    }
  }
}
