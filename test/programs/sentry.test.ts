import { expect, test } from 'vitest';
import { createTestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startCollector } from '../helpers/otlp.ts';
import { ask, runGather } from '../helpers/program.ts';
import { startSentryReceiver } from '../helpers/sentry.ts';

const NOWHERE = 'http://127.0.0.1:1';

test('with SENTRY_DSN, masked errors are reported with the IDs of request and trace, and nothing else', async () => {
  await using stack = new AsyncDisposableStack();
  const database = await createTestDatabase();
  stack.defer(() => database.drop());
  const receiver = stack.use(await startSentryReceiver());
  const collector = stack.use(await startCollector());
  const services = ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'];
  const server = stack.use(
    runGather(['serve'], {
      NODE_ENV: 'production',
      PORT: '0',
      DATABASE_URL: database.databaseUrl,
      ...Object.fromEntries(services.map((name) => [`${name}_URL`, NOWHERE])),
      SENTRY_DSN: receiver.dsn,
      SENTRY_RELEASE: '1.2.3',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    }),
  );
  const url = await server.url();
  await database.ask('alter table review rename column rating to stars');
  // A service that is down is not a fault of the program.
  await ask(url, '{ item(by: { sku: "SKU-00001" }) { currentPrice } }');
  const { errors } = await ask(url, '{ item(by: { sku: "SKU-00001" }) { averageRating } }');
  await eventually(() => expect(receiver.events).toHaveLength(1));
  const [event] = receiver.events;
  expect(event).toMatchObject({
    environment: 'production',
    release: '1.2.3',
    tags: { request_id: errors[0].extensions.requestId },
  });
  expect(event?.exception.values.map(({ value }) => value)).toContain('column "rating" does not exist');
  await eventually(() =>
    expect(collector.spans.map(({ traceId }) => traceId)).toContain(event?.contexts.trace.trace_id),
  );
  server.kill('SIGINT');
  expect(await server.exit()).toMatchObject({ code: 0 });
  expect(server.stderr).toBe('');
});
