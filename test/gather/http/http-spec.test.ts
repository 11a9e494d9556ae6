import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
afterAll(() => gather.close());

const audits = serverAudits({
  url: 'http://gather/graphql',
  fetchFn: (url: string, init: RequestInit) => gather.app.fetch(url, init),
});

test('there are 61 audits', () => {
  expect(audits).toHaveLength(61);
});

test.each(audits.map(({ id, name, fn }) => [id, name, fn] as const))('%s %s', async (_id, _name, audit) => {
  expect(await audit()).toMatchObject({ status: 'ok' });
});
