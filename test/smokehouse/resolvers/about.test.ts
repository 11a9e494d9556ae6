import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;
let directory: string;
let aboutFile: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gather-about-'));
  aboutFile = join(directory, 'about.json');
  gather = await startTestApp({ settings: { ABOUT_FILE: aboutFile } });
});
beforeEach(() => write(SHOP));
afterAll(async () => {
  await gather.close();
  await rm(directory, { recursive: true });
});

const SHOP = {
  name: 'Smoke',
  text: 'All smoked.',
  address: '1 Lane',
  openingHours: ['Friday: 11:00 to 20:00', 'else: closed'],
};

test('the shop is what its file says', async () => {
  const { data, errors } = await ask();
  expect(errors).toBeUndefined();
  expect(data.about).toEqual(SHOP);
});

test('the file is read anew at each call', async () => {
  await ask();
  await write({ ...SHOP, name: 'Renamed' });
  expect((await ask()).data.about.name).toBe('Renamed');
});

test('reading it is a call to the disk', async () => {
  const { extensions } = await ask();
  expect(extensions?.timing.calls).toEqual([
    expect.objectContaining({ kind: 'disk', name: 'about', keys: 1, outcome: 'ok' }),
  ]);
});

test('the file that comes with the shop says all that is asked', async () => {
  const shop = await startTestApp();
  const { data, errors } = await shop.query('{ about { name text address openingHours } }');
  await shop.close();
  expect(errors).toBeUndefined();
  expect(data.about.openingHours.length).toBeGreaterThan(0);
});

test('a file that is missing is said to be', async () => {
  await rm(aboutFile);
  expect(await failure()).toBe('The file about the smokehouse cannot be used: it is missing.');
});

test.each(['', '{ "name": ', 'Smoke'])('a file that is not JSON, such as %j, is said not to be', async (text) => {
  await writeFile(aboutFile, text);
  expect(await failure()).toBe('The file about the smokehouse cannot be used: it is not JSON.');
});

test.each(Object.keys(SHOP))('a file without the field %s is said to lack it', async (field) => {
  await write({ ...SHOP, [field]: undefined });
  expect(await failure()).toMatch(
    new RegExp(`^The file about the smokehouse cannot be used: .*expected.* at ${field}\\.$`),
  );
});

test.each([[null], [[]], [{ ...SHOP, openingHours: 'always' }], [{ ...SHOP, name: 5 }]])(
  'a file of another form, such as %j, is said to be of no use',
  async (content) => {
    await write(content);
    expect(await failure()).toMatch(/^The file about the smokehouse cannot be used: .*expected/);
  },
);

test('a path that is no file is said to be unreadable', async () => {
  const broken = await startTestApp({ settings: { ABOUT_FILE: directory } });
  const { errors } = await broken.query('{ about { name } }');
  await broken.close();
  expect(errors?.[0]?.message).toBe('The file about the smokehouse cannot be used: it cannot be read.');
});

test('a broken file does not hurt what does not read it', async () => {
  await rm(aboutFile);
  const { errors } = await gather.query('{ about { name } }');
  expect(errors).toHaveLength(1);
  const { data } = await gather.query('{ menu { exists } }');
  expect(data.menu.exists).toBe(true);
});

async function ask() {
  return gather.query('{ about { name text address openingHours } }');
}

async function failure(): Promise<string | undefined> {
  const { errors } = await ask();
  expect(errors).toEqual([
    expect.objectContaining({
      path: ['about'],
      extensions: { code: 'FILE_UNREADABLE', source: 'disk', retryable: false },
    }),
  ]);
  return errors?.[0]?.message;
}

async function write(content: unknown): Promise<void> {
  await writeFile(aboutFile, JSON.stringify(content));
}
