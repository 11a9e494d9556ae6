import { expect, test } from 'vitest';
import { faults } from '../../../src/gather/monitoring/channels.ts';
import { createRedaction } from '../../../src/gather/monitoring/redaction.ts';
import { withRequestId } from '../../../src/gather/monitoring/request-id.ts';
import { startSentry } from '../../../src/gather/monitoring/tracing/sentry.ts';
import { startSentryReceiver } from '../../helpers/sentry.ts';

const OPTIONS = { environment: 'test', release: '1.2.3', redact: createRedaction(['correct horse']) };

test('a fault is sent with its causes, frames and request', async () => {
  await using receiver = await startSentryReceiver();
  const sentry = startSentry({ ...OPTIONS, dsn: receiver.dsn });
  const id = withRequestId((requestId) => {
    const cause = new TypeError('The cause.');
    faults.publish({ error: new RangeError('The fault.', { cause }), willRetry: false });
    return requestId;
  });
  await sentry[Symbol.asyncDispose]();
  expect(receiver.events).toMatchObject([
    {
      environment: 'test',
      release: '1.2.3',
      tags: { request_id: id },
      exception: {
        values: [
          { type: 'TypeError', value: 'The cause.' },
          { type: 'RangeError', value: 'The fault.' },
        ],
      },
    },
  ]);
  const frames = receiver.events[0]?.exception.values[1]?.stacktrace?.frames ?? [];
  expect(frames.at(-1)?.filename).toContain('sentry.test.ts');
});

test('secrets are left out', async () => {
  await using receiver = await startSentryReceiver();
  const sentry = startSentry({ ...OPTIONS, dsn: receiver.dsn });
  const message = 'No answer of postgres://ann:swordfish@db/shop with password=swordfish and correct horse.';
  faults.publish({ error: new Error(message), willRetry: false });
  await sentry[Symbol.asyncDispose]();
  expect(receiver.events[0]?.exception.values[0]?.value).toBe(
    'No answer of postgres://…@db/shop with password=… and ….',
  );
  expect(receiver.envelopes.join()).not.toMatch(/swordfish|correct horse/);
});

test('what will be tried again is not sent', async () => {
  await using receiver = await startSentryReceiver();
  const sentry = startSentry({ ...OPTIONS, dsn: receiver.dsn });
  faults.publish({ error: new Error('The first of three attempts.'), willRetry: true });
  await sentry[Symbol.asyncDispose]();
  expect(receiver.envelopes).toEqual([]);
});

test('a Sentry that cannot be reached costs nothing but its reports', async () => {
  const sentry = startSentry({ ...OPTIONS, dsn: 'http://publickey@127.0.0.1:1/42' });
  faults.publish({ error: new Error('Unheard.'), willRetry: false });
  await sentry[Symbol.asyncDispose]();
});
