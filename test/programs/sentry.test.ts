import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts';
import { eventually } from '../helpers/eventually.ts';
import { startCollector } from '../helpers/otlp.ts';
import { ask, childrenOf, type Program, runGather } from '../helpers/program.ts';
import { type SentryReceiver, startSentryReceiver } from '../helpers/sentry.ts';

const NOWHERE = 'http://127.0.0.1:1';
const SERVICES = ['PROMO', 'RECOMMENDATIONS', 'PRICING', 'INVENTORY', 'SUPPLIERS'];

let stack: AsyncDisposableStack;
let database: TestDatabase;
let receiver: SentryReceiver;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  database = await createTestDatabase();
  stack.defer(() => database.drop());
  receiver = stack.use(await startSentryReceiver());
});
afterEach(() => stack.disposeAsync());

test('with SENTRY_DSN, masked errors are reported with the IDs of request and trace, and nothing else', async () => {
  const collector = stack.use(await startCollector());
  const server = serve([], {
    SENTRY_RELEASE: '1.2.3',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_BSP_SCHEDULE_DELAY: '50',
  });
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

test('a process of several that is killed is reported by the first', { timeout: 60_000 }, async () => {
  const server = serve(['--processes', '2']);
  await server.url();
  const [killed = 0] = childrenOf(server);
  process.kill(killed, 'SIGKILL');
  await eventually(() => expect(receiver.events).toHaveLength(1));
  const [event] = receiver.events;
  expect(event?.exception.values).toMatchObject([{ value: 'A process of the server was ended by SIGKILL.' }]);
  server.kill('SIGINT');
  expect(await server.exit()).toMatchObject({ code: 0 });
  expect(receiver.events).toHaveLength(1);
});

function serve(args: string[], env: Record<string, string> = {}): Program {
  const settings = {
    NODE_ENV: 'production',
    PORT: '0',
    DATABASE_URL: database.databaseUrl,
    SENTRY_DSN: receiver.dsn,
    ...Object.fromEntries(SERVICES.map((name) => [`${name}_URL`, NOWHERE])),
  };
  return stack.use(runGather(['serve', ...args], { ...settings, ...env }));
}
