import { type UploadEvent, uploads } from '../monitoring/channels.ts';

/** Passes the bytes of a request through, and publishes their number at the end. */
export function receivedBytes(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return uploads.hasSubscribers ? counted(bytes) : bytes;
}

async function* counted(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const event: UploadEvent = { bytes: 0, isComplete: false };
  try {
    for await (const chunk of bytes) {
      event.bytes += chunk.length;
      yield chunk;
    }
    event.isComplete = true;
  } finally {
    uploads.publish(event);
  }
}
