import { expect, test } from 'vitest';
import { faults } from '../../../src/gather/monitoring/channels.ts';
import { hideValues } from '../../../src/gather/monitoring/hide-values.ts';
import { createRedaction } from '../../../src/gather/monitoring/redaction.ts';
import { withRequestId } from '../../../src/gather/monitoring/request-id.ts';
import { startSentry } from '../../../src/gather/monitoring/tracing/sentry.ts';
import { startSentryReceiver } from '../../helpers/sentry.ts';

const same = (text: string) => text;
const OPTIONS = { environment: 'test', release: '1.2.3', redact: createRedaction(['correct horse']) };

test('a fault is sent with its causes, frames and request', async () => {
  await using receiver = await startSentryReceiver();
  const sentry = startSentry({ ...OPTIONS, dsn: receiver.dsn });
  const id = withRequestId((requestId) => {
    const cause = new TypeError('The cause.');
    faults.publish({ error: new RangeError('The fault.', { cause }), willRetry: false, hide: same });
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
  faults.publish({ error: new Error(message), willRetry: false, hide: same });
  await sentry[Symbol.asyncDispose]();
  expect(receiver.events[0]?.exception.values[0]?.value).toBe(
    'No answer of postgres://…@db/shop with password=… and ….',
  );
  expect(receiver.envelopes.join()).not.toMatch(/swordfish|correct horse/);
});

test('values of the operation or the job are left out, and the input that a driver quotes', async () => {
  await using receiver = await startSentryReceiver();
  const sentry = startSentry({ ...OPTIONS, dsn: receiver.dsn });
  const cause = new Error('invalid input syntax for type date: "yes"');
  const error = new Error('Ann Smith has no book.', { cause });
  faults.publish({ error, willRetry: false, hide: hideValues(() => ['Ann Smith']) });
  await sentry[Symbol.asyncDispose]();
  expect(receiver.events[0]?.exception.values.map(({ value }) => value)).toEqual([
    'invalid input syntax for type date',
    '… has no book.',
  ]);
  expect(receiver.envelopes.join()).not.toMatch(/Ann Smith|yes/);
});

test('what will be tried again is not sent', async () => {
  await using receiver = await startSentryReceiver();
  const sentry = startSentry({ ...OPTIONS, dsn: receiver.dsn });
  faults.publish({ error: new Error('The first of three attempts.'), willRetry: true, hide: same });
  await sentry[Symbol.asyncDispose]();
  expect(receiver.envelopes).toEqual([]);
});

test('a Sentry that cannot be reached costs nothing but its reports', async () => {
  const sentry = startSentry({ ...OPTIONS, dsn: 'http://publickey@127.0.0.1:1/42' });
  faults.publish({ error: new Error('Unheard.'), willRetry: false, hide: same });
  await sentry[Symbol.asyncDispose]();
});
