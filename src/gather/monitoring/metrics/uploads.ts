import { Counter, Gauge } from 'prom-client';
import { type UploadEvent, uploads } from '../channels.ts';
import type { MetricsGroup } from './metrics.ts';

/** Requests that bring bytes of files. */
export const countUploads: MetricsGroup = (registry, source) => {
  const registers = [registry];
  new Gauge({
    name: 'gather_uploads_active',
    help: 'Requests that are bringing bytes of files.',
    registers,
    collect() {
      this.set(source.uploads());
    },
  });
  const requests = new Counter({
    name: 'gather_uploads',
    help: 'Requests that brought bytes of files: complete, or broken by the client, a limit or the store.',
    labelNames: ['result'],
    registers,
  });
  const bytes = new Counter({
    name: 'gather_upload_bytes',
    help: 'Bytes of files that arrived.',
    registers,
  });
  const listener = (message: unknown) => {
    const event = message as UploadEvent;
    requests.inc({ result: event.isComplete ? 'complete' : 'broken' });
    bytes.inc(event.bytes);
  };
  uploads.subscribe(listener);
  return () => void uploads.unsubscribe(listener);
};
