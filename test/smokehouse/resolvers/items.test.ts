import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
  // Whoever inserts such an item takes long enough for the others to look for it in vain.
  await gather.database.ask(`
    create function take_time() returns trigger language plpgsql as $$ begin perform pg_sleep(0.02); return new; end $$;
    create trigger slow_insert before insert on item for each row
      when (new.name like 'Caller %') execute function take_time()`);
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const SUPPLIER = btoa('Supplier:1');
const NOWHERE = { id: btoa('Item:999999'), supplier: btoa('Supplier:999999') };
const ITEM = 'item { id sku name description status price calories version createdAt updatedAt supplier { id } }';
const ERRORS = 'userErrors { code message field }';
const DOCUMENTS = {
  createItem: `mutation ($input: CreateItemInput!) { createItem(input: $input) { ${ITEM} ${ERRORS} } }`,
  updateItem: `mutation ($input: UpdateItemInput!) { updateItem(input: $input) { ${ITEM} ${ERRORS} } }`,
  deleteItem: `mutation ($input: DeleteItemInput!) { deleteItem(input: $input) { deletedId ${ERRORS} } }`,
  getOrCreateItem: `mutation ($input: CreateItemInput!) { getOrCreateItem(input: $input) { created ${ITEM} ${ERRORS} } }`,
  updateOrCreateItem: `mutation ($input: CreateItemInput!) { updateOrCreateItem(input: $input) { created ${ITEM} ${ERRORS} } }`,
  createItems: `mutation ($input: CreateItemsInput!) { createItems(input: $input) { items { id sku price } ${ERRORS} } }`,
  updateItems: `mutation ($input: UpdateItemsInput!) { updateItems(input: $input) { items { id name price version } ${ERRORS} } }`,
  repriceItems: `mutation ($input: RepriceItemsInput!) { repriceItems(input: $input) { count ${ERRORS} } }`,
};

describe('createItem', () => {
  test('inserts an item in one statement', async () => {
    const sku = newSku();
    const { data } = await gather.query(
      `mutation ($input: CreateItemInput!) { createItem(input: $input) { item { sku version } ${ERRORS} } }`,
      { input: { ...plain(sku), calories: 120 } },
    );
    expect(data.createItem).toEqual({ item: { sku, version: 1 }, userErrors: [] });
    expect(gather.cost().statements).toHaveLength(1);
    expect(await find(sku)).toMatchObject({
      name: 'New',
      price: '1.00',
      status: 'DRAFT',
      description: '',
      calories: 120,
    });
  });

  test('says that a SKU is taken', async () => {
    const { item, userErrors } = await run('createItem', plain('SKU-00001'));
    expect(item).toBeNull();
    expect(userErrors).toEqual([{ code: 'CONFLICT', message: 'sku "SKU-00001" is taken.', field: ['sku'] }]);
  });

  test('says that there is no such supplier', async () => {
    const { userErrors } = await run('createItem', { ...plain(), supplierId: NOWHERE.supplier });
    expect(userErrors).toEqual([expect.objectContaining({ code: 'NOT_FOUND', field: ['supplierId'] })]);
  });

  test('names every field that is at fault', async () => {
    const { userErrors } = await run('createItem', { ...plain(''), price: '-1', calories: -5, supplierId: 'x' });
    expect(userErrors).toEqual([
      { code: 'INVALID_INPUT', message: 'Expected 1 to 64 characters, got 0.', field: ['sku'] },
      { code: 'INVALID_INPUT', message: 'Expected from 0 to 9999999999.99, got -1.', field: ['price'] },
      { code: 'INVALID_INPUT', message: 'Expected 0 or more, got -5.', field: ['calories'] },
      { code: 'INVALID_INPUT', message: 'Expected an ID issued by this server, got "x".', field: ['supplierId'] },
    ]);
    expect(gather.cost().statements).toHaveLength(0);
  });

  test.each([
    ['sku', 'x'.repeat(65), 'Expected 1 to 64 characters, got 65.'],
    ['name', 'x'.repeat(201), 'Expected 1 to 200 characters, got 201.'],
    ['description', 'x'.repeat(10_001), 'Expected 0 to 10000 characters, got 10001.'],
    ['sku', 'a\0b', 'Expected text without NUL characters.'],
    ['name', 'a\0b', 'Expected text without NUL characters.'],
    ['name', 'a\ud800b', 'Expected text without unpaired surrogates.'],
    ['price', '10000000000', 'Expected from 0 to 9999999999.99, got 10000000000.'],
    ['price', '9999999999.995', 'Expected from 0 to 9999999999.99, got 9999999999.995.'],
    ['supplierId', btoa('Item:1'), 'Expected the ID of an object of type Supplier, got one of Item.'],
  ])('refuses the %s %j', async (field, value, message) => {
    const { item, userErrors } = await run('createItem', { ...plain(), [field]: value });
    expect(item).toBeNull();
    expect(userErrors).toEqual([{ code: 'INVALID_INPUT', message, field: [field] }]);
  });

  test('counts characters as people do, and takes the longest texts', async () => {
    const sku = newSku();
    const long = { sku: sku + '🍖'.repeat(64 - sku.length), name: '🐟'.repeat(200), description: 'ß'.repeat(10_000) };
    const { item, userErrors } = await run('createItem', { ...plain(), ...long });
    expect(userErrors).toEqual([]);
    expect(item).toMatchObject(long);
  });

  test.each([
    ['10.005', '10.01'],
    ['1.005', '1.01'],
    ['10.00499999999999999999', '10.00'],
    ['0.005', '0.01'],
    ['0', '0.00'],
    ['9999999999.99', '9999999999.99'],
    ['9999999999.994', '9999999999.99'],
  ])('rounds the price %s half up to the cents %s', async (given, price) => {
    expect((await run('createItem', { ...plain(), price: given })).item.price).toBe(price);
  });

  test('refuses a price that is a number', async () => {
    const { data, errors } = await gather.query(DOCUMENTS.createItem, { input: { ...plain(), price: 10.5 } });
    expect(data).toBeUndefined();
    expect(errors?.[0]?.message).toContain('Expected a decimal in a string, such as "12.50", got 10.5.');
  });
});

describe('updateItem', () => {
  test('changes what is given and nothing else, in one statement', async () => {
    const { item } = await run('createItem', { ...plain(), calories: 100 });
    gather.cost();
    const { data } = await gather.query(
      `mutation ($input: UpdateItemInput!) { updateItem(input: $input) { item { name version } } }`,
      { input: { id: item.id, name: 'Renamed' } },
    );
    expect(data.updateItem.item).toEqual({ name: 'Renamed', version: 2 });
    expect(gather.cost().statements).toHaveLength(1);
    const after = await find(item.sku);
    expect(after).toMatchObject({ name: 'Renamed', price: '1.00', calories: 100, version: 2 });
    expect(after?.updatedAt).not.toBe(after?.createdAt);
  });

  test('lets the version grow and the time of the change go on with each change', async () => {
    const { item } = await run('createItem', plain());
    const one = await run('updateItem', { id: item.id, price: '2.345' });
    const two = await run('updateItem', { id: item.id, expectedVersion: 2, price: '3' });
    expect([item.version, one.item.version, two.item.version]).toEqual([1, 2, 3]);
    expect([one.item.price, two.item.price]).toEqual(['2.35', '3.00']);
    expect(item.updatedAt < one.item.updatedAt && one.item.updatedAt < two.item.updatedAt).toBe(true);
    expect(two.item.createdAt).toBe(item.createdAt);
  });

  test('takes the calories away with null, and lets them be where they are not given', async () => {
    const { item } = await run('createItem', { ...plain(), calories: 100 });
    expect((await run('updateItem', { id: item.id, name: 'x' })).item.calories).toBe(100);
    expect((await run('updateItem', { id: item.id, calories: null })).item.calories).toBeNull();
  });

  test('says that the version expected is not that of the item, and changes nothing', async () => {
    const { item } = await run('createItem', plain());
    await run('updateItem', { id: item.id, name: 'First' });
    gather.cost();
    const { item: none, userErrors } = await run('updateItem', { id: item.id, expectedVersion: 1, name: 'Second' });
    expect(none).toBeNull();
    expect(userErrors).toEqual([
      {
        code: 'CONFLICT',
        message: expect.stringContaining('version 1, got one in version 2'),
        field: ['expectedVersion'],
      },
    ]);
    expect(gather.cost().statements).toHaveLength(2);
    expect(await find(item.sku)).toMatchObject({ name: 'First', version: 2 });
  });

  test('lets one of fifty writers who saw the same version through', async () => {
    const { item } = await run('createItem', plain());
    const write = (_: unknown, index: number) =>
      run('updateItem', { id: item.id, expectedVersion: 1, name: `Writer ${index}` });
    const answers = await Promise.all(Array.from({ length: 50 }, write));
    const [winner, ...others] = answers.filter(({ userErrors }) => userErrors.length === 0);
    expect(others).toEqual([]);
    expect(await find(item.sku)).toMatchObject({ name: winner?.item.name, version: 2 });
    const codes = answers.flatMap(({ userErrors }) => userErrors.map(({ code }) => code));
    expect(codes).toEqual(Array(49).fill('CONFLICT'));
  });

  test('says that there is no such item', async () => {
    for (const expectedVersion of [undefined, 1]) {
      const { userErrors } = await run('updateItem', { id: NOWHERE.id, name: 'x', expectedVersion });
      expect(userErrors).toEqual([expect.objectContaining({ code: 'NOT_FOUND', field: ['id'] })]);
    }
  });

  test.each([
    [{ id: 'x', name: 'x' }, 'INVALID_INPUT', 'id'],
    [{ name: null }, 'INVALID_INPUT', 'name'],
    [{ status: null }, 'INVALID_INPUT', 'status'],
    [{ price: null }, 'INVALID_INPUT', 'price'],
    [{ supplierId: null }, 'INVALID_INPUT', 'supplierId'],
    [{ description: 'a\0b' }, 'INVALID_INPUT', 'description'],
    [{ price: '9999999999.995' }, 'INVALID_INPUT', 'price'],
    [{ supplierId: NOWHERE.supplier }, 'NOT_FOUND', 'supplierId'],
  ])('refuses %j', async (change, code, field) => {
    const { userErrors } = await run('updateItem', { id: btoa('Item:1'), ...change });
    expect(userErrors).toEqual([expect.objectContaining({ code, field: [field] })]);
  });

  test('refuses a change that changes nothing', async () => {
    const { userErrors } = await run('updateItem', { id: btoa('Item:1') });
    expect(userErrors).toEqual([
      expect.objectContaining({ code: 'INVALID_INPUT', message: expect.stringContaining('at least one value') }),
    ]);
  });
});

describe('deleteItem', () => {
  test('deletes an item and its reviews in one statement', async () => {
    const { item } = await run('createItem', plain());
    await gather.database.ask(
      `insert into review ("itemId", "customerId", rating, text) select id, 1, 5, 'Gone soon' from item where sku = $1`,
      [item.sku],
    );
    gather.cost();
    expect(await run('deleteItem', { id: item.id })).toEqual({ deletedId: item.id, userErrors: [] });
    expect(gather.cost().statements).toHaveLength(1);
    expect(await find(item.sku)).toBeUndefined();
    expect(await gather.database.ask(`select from review where text = 'Gone soon'`)).toEqual([]);
    const again = await run('deleteItem', { id: item.id });
    expect(again.deletedId).toBeNull();
    expect(again.userErrors).toEqual([expect.objectContaining({ code: 'NOT_FOUND', field: ['id'] })]);
  });

  test.each(['x', btoa('Supplier:1')])('refuses the ID %s', async (id) => {
    const { userErrors } = await run('deleteItem', { id });
    expect(userErrors).toEqual([expect.objectContaining({ code: 'INVALID_INPUT', field: ['id'] })]);
  });
});

describe('getOrCreateItem', () => {
  test('makes one item for two hundred callers at once, and says so to one of them', async () => {
    const sku = newSku();
    const call = (_: unknown, index: number) => run('getOrCreateItem', { ...plain(sku), name: `Caller ${index}` });
    const answers = await Promise.all(Array.from({ length: 200 }, call));
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(new Set(answers.map(({ item }) => item.id)).size).toBe(1);
    const creators = answers.filter(({ created }) => created);
    expect(creators).toHaveLength(1);
    expect(await find(sku)).toMatchObject({ name: creators[0]?.item.name, version: 1 });
  });

  test('leaves an item that is there as it is, in one statement', async () => {
    const before = await find('SKU-00001');
    const { data } = await gather.query(
      'mutation ($input: CreateItemInput!) { getOrCreateItem(input: $input) { created item { name } } }',
      { input: plain('SKU-00001') },
    );
    expect(data.getOrCreateItem).toEqual({ created: false, item: { name: before?.name } });
    expect(gather.cost().statements.filter((text) => text.includes('insert'))).toHaveLength(1);
    expect(await find('SKU-00001')).toEqual(before);
  });

  test('refuses what createItem refuses', async () => {
    const { created, item, userErrors } = await run('getOrCreateItem', { ...plain(), name: '', supplierId: 'x' });
    expect({ created, item }).toEqual({ created: false, item: null });
    expect(userErrors.map(({ field }) => field)).toEqual([['name'], ['supplierId']]);
    const unknown = await run('getOrCreateItem', { ...plain(), supplierId: NOWHERE.supplier });
    expect(unknown.userErrors).toEqual([expect.objectContaining({ code: 'NOT_FOUND', field: ['supplierId'] })]);
  });
});

describe('updateOrCreateItem', () => {
  test('makes one item for two hundred callers at once, changed by all others', async () => {
    const sku = newSku();
    const call = (_: unknown, index: number) => run('updateOrCreateItem', { ...plain(sku), name: `Caller ${index}` });
    const answers = await Promise.all(Array.from({ length: 200 }, call));
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    expect(answers.filter(({ created }) => created)).toHaveLength(1);
    const versions = answers.map(({ item }) => item.version).toSorted((a, b) => a - b);
    expect(versions).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    const last = answers.find(({ item }) => item.version === 200);
    expect(await find(sku)).toMatchObject({ name: last?.item.name, version: 200 });
  });

  test('gives an item that is there the values given, in one statement', async () => {
    const { item } = await run('createItem', { ...plain(), calories: 9 });
    gather.cost();
    const { data } = await gather.query(
      'mutation ($input: CreateItemInput!) { updateOrCreateItem(input: $input) { created item { id name version } } }',
      { input: { ...plain(item.sku), name: 'Changed', price: '10.005' } },
    );
    expect(data.updateOrCreateItem).toEqual({ created: false, item: { id: item.id, name: 'Changed', version: 2 } });
    expect(gather.cost().statements).toHaveLength(1);
    expect(await find(item.sku)).toMatchObject({ price: '10.01', calories: null });
  });

  test('refuses what createItem refuses', async () => {
    const { created, item, userErrors } = await run('updateOrCreateItem', { ...plain(), price: '-1' });
    expect({ created, item }).toEqual({ created: false, item: null });
    expect(userErrors.map(({ field }) => field)).toEqual([['price']]);
  });
});

describe('createItems', () => {
  test('inserts ten thousand items in one statement, in the order of the input', async () => {
    const items = Array.from({ length: 10_000 }, (_, index) => ({ ...plain(`BULK-${index}`), price: '10.005' }));
    const { items: created, userErrors } = await run('createItems', { items });
    expect(userErrors).toEqual([]);
    expect(created?.map(({ sku }) => sku)).toEqual(items.map(({ sku }) => sku));
    expect(created?.every(({ price }) => price === '10.01')).toBe(true);
    expect(gather.cost().statements).toHaveLength(1);
  });

  test.each<[string, object, string, string[]]>([
    ['a SKU that is taken', { sku: 'SKU-00001' }, 'CONFLICT', ['items', '3', 'sku']],
    ['a SKU that is in the input before', { sku: 'FIRST' }, 'CONFLICT', ['items', '3', 'sku']],
    ['a supplier that there is not', { supplierId: NOWHERE.supplier }, 'NOT_FOUND', ['items', '3', 'supplierId']],
    ['an ID that is none', { supplierId: 'x' }, 'INVALID_INPUT', ['items', '3', 'supplierId']],
    ['a bad price', { price: '-1' }, 'INVALID_INPUT', ['items', '3', 'price']],
    [
      'a price that is too high once it is rounded',
      { price: '9999999999.995' },
      'INVALID_INPUT',
      ['items', '3', 'price'],
    ],
    ['a NUL character', { name: 'a\0b' }, 'INVALID_INPUT', ['items', '3', 'name']],
  ])('inserts nothing where one item has %s', async (_, fault, code, field) => {
    const before = await count();
    const items = ['FIRST', 'SECOND', 'THIRD', 'FOURTH', 'FIFTH'].map((sku) => plain(sku));
    items[3] = { ...plain('FOURTH'), ...fault };
    const { items: none, userErrors } = await run('createItems', { items });
    expect(none).toBeNull();
    expect(userErrors).toEqual([expect.objectContaining({ code, field })]);
    expect(await count()).toBe(before);
  });

  test('names the fields of every item at fault', async () => {
    const { userErrors } = await run('createItems', { items: [plain(''), plain(), { ...plain(), price: '-1' }] });
    expect(userErrors.map(({ field }) => field)).toEqual([
      ['items', '0', 'sku'],
      ['items', '2', 'price'],
    ]);
  });

  test('takes one to ten thousand', async () => {
    const none = await run('createItems', { items: [] });
    expect(none.userErrors).toEqual([
      { code: 'INVALID_INPUT', message: 'Expected 1 to 10,000, got none.', field: ['items'] },
    ]);
    const items = Array.from({ length: 10_001 }, (_, index) => plain(`M${index}`));
    const many = await run('createItems', { items });
    expect(many.userErrors).toEqual([
      { code: 'INVALID_INPUT', message: 'Expected 1 to 10,000, got 10001.', field: ['items'] },
    ]);
  });
});

describe('updateItems', () => {
  test('changes ten thousand items, each to values of its own, in one statement', async () => {
    const rows = await gather.database.ask<{ id: string }>(
      `insert into item (sku, name, price, "supplierId") select 'EACH-' || n, 'Each', 1, 1 from generate_series(1, 10000) n
       returning id`,
    );
    gather.cost();
    const items = rows.map(({ id }, index) => ({ id: btoa(`Item:${id}`), price: `${index}.005` })).toReversed();
    const { items: changed, userErrors } = await run('updateItems', { items });
    expect(userErrors).toEqual([]);
    expect(changed?.map(({ id, price, version }) => [id, price, version])).toEqual(
      items.map(({ id, price }) => [id, price.replace('.005', '.01'), 2]),
    );
    expect(gather.cost().statements).toHaveLength(1);
  });

  test('lets each item set other fields', async () => {
    const [one, two] = [(await run('createItem', plain())).item, (await run('createItem', plain())).item];
    const { items } = await run('updateItems', {
      items: [
        { id: two.id, name: 'Two' },
        { id: one.id, price: '7', expectedVersion: 1 },
      ],
    });
    expect(items).toEqual([
      { id: two.id, name: 'Two', price: '1.00', version: 2 },
      { id: one.id, name: 'New', price: '7.00', version: 2 },
    ]);
  });

  test.each<[string, object, string, string]>([
    ['is not there', { id: NOWHERE.id }, 'NOT_FOUND', 'id'],
    ['has another version', { expectedVersion: 7 }, 'CONFLICT', 'expectedVersion'],
    ['comes twice', { id: btoa('Item:1') }, 'INVALID_INPUT', 'id'],
    ['has an ID that is none', { id: 'x' }, 'INVALID_INPUT', 'id'],
    ['is to have a supplier that there is not', { supplierId: NOWHERE.supplier }, 'NOT_FOUND', 'supplierId'],
    ['is to have a bad price', { price: '-1' }, 'INVALID_INPUT', 'price'],
    ['is to have no name', { name: null }, 'INVALID_INPUT', 'name'],
  ])('changes nothing where one item %s', async (_, fault, code, field) => {
    const before = await gather.database.ask('select * from item where id < 9 order by id');
    const items: object[] = [1, 2, 3, 4, 5].map((key) => ({ id: btoa(`Item:${key}`), name: 'All or none' }));
    items[3] = { ...items[3], ...fault };
    const { items: none, userErrors } = await run('updateItems', { items });
    expect(none).toBeNull();
    expect(userErrors).toEqual([expect.objectContaining({ code, field: ['items', '3', field] })]);
    expect(await gather.database.ask('select * from item where id < 9 order by id')).toEqual(before);
  });

  test('does not stop itself where two change the same items in opposite orders', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => btoa(`Item:${index + 100}`));
    const change = (order: string[], name: string) => run('updateItems', { items: order.map((id) => ({ id, name })) });
    const rounds = Array.from({ length: 10 }, (_, index) => [
      change(ids, `Up ${index}`),
      change(ids.toReversed(), 'Down'),
    ]);
    const answers = await Promise.all(rounds.flat());
    expect(answers.flatMap(({ userErrors }) => userErrors)).toEqual([]);
  });
});

describe('repriceItems', () => {
  const PRICES = ['0.00', '0.01', '0.03', '1.00', '1.01', '9.99', '10.05', '33.33', '99999.99'];

  test.each([
    '10',
    '-50',
    '-100',
    '33.333',
    '-33.333',
    '0',
    '0.5',
    '0.49999999999999999999',
    '49.99999999999999999999',
    '1.23456789012345678901',
    '900',
  ])('changes prices by exactly %s percent, halves up, in one statement', async (percent) => {
    const name = randomUUID();
    await insertPriced(name, PRICES);
    gather.cost();
    const { count: changed, userErrors } = await run('repriceItems', { where: { name: { eq: name } }, percent });
    expect(userErrors).toEqual([]);
    expect(changed).toBe(PRICES.length);
    expect(gather.cost().statements).toHaveLength(1);
    const rows = await pricedAs(name);
    expect(rows.map(({ price }) => price)).toEqual(PRICES.map((price) => reprice(price, percent)));
    expect(rows.every(({ version, isTouched }) => version === 2 && isTouched)).toBe(true);
  });

  test('says that a price would be too high, and changes none', async () => {
    const name = randomUUID();
    await insertPriced(name, ['1.00', '9999999999.99']);
    for (const percent of ['0.01', '99999999999999999999']) {
      const { count: changed, userErrors } = await run('repriceItems', { where: { name: { eq: name } }, percent });
      expect(changed).toBe(0);
      expect(userErrors).toEqual([expect.objectContaining({ code: 'INVALID_INPUT' })]);
    }
    expect((await pricedAs(name)).map(({ price }) => price)).toEqual(['1.00', '9999999999.99']);
  });

  test('refuses to go below nothing', async () => {
    const { count: changed, userErrors } = await run('repriceItems', { where: {}, percent: '-100.01' });
    expect(changed).toBe(0);
    expect(userErrors).toEqual([
      { code: 'INVALID_INPUT', message: 'Expected -100 or more, got -100.01.', field: ['percent'] },
    ]);
  });

  test.each([{ supplierId: { in: ['x'] } }, { status: null }, { not: { supplierId: { eq: btoa('Item:1') } } }])(
    'refuses the condition %j',
    async (where) => {
      const { userErrors } = await run('repriceItems', { where, percent: '1' });
      expect(userErrors).toEqual([expect.objectContaining({ code: 'INVALID_INPUT', field: ['where'] })]);
    },
  );

  test.each([
    ['{}', 'the condition is'],
    ['{ supplierId: $absent }', 'its part supplierId is'],
    ['{ supplierId: { eq: $id } }', 'its part supplierId.eq is'],
    ['{ or: [{ supplierId: { eq: $id } }, { name: { eq: "none" } }] }', 'its part or.0.supplierId.eq is'],
    ['{ or: [{ supplierId: $absent }, { name: { eq: "none" } }] }', 'its part or.0.supplierId is'],
    ['{ or: { supplierId: { ne: $id, eq: "U3VwcGxpZXI6MQ==" } } }', 'its part or.0.supplierId.ne is'],
    ['{ status: { eq: ACTIVE }, supplierId: $absent }', 'its part supplierId is'],
    ['{ price: { gte: "0", lt: $amount } }', 'its part price.lt is'],
    ['{ price: { gte: "0" }, and: $parts }', 'its part and is'],
    ['{ and: [{ price: { gte: "0" }, not: $part }] }', 'its part and.0.not is'],
    ['{ not: { name: { contains: "z", in: $names } } }', 'its part not.name.in is'],
    ['{ name: { eq: "none" }, or: [{ status: { eq: ACTIVE } }, {}] }', 'its part or.1 is'],
    ['{ status: { eq: ACTIVE }, supplierId: { eq: $id } }', 'its part supplierId.eq is'],
    ['{ status: { eq: ACTIVE }, supplierId: { eq: null } }', 'its part supplierId.eq is'],
    ['{ status: { eq: ACTIVE }, or: null }', 'its part or is'],
    ['{ not: { supplierId: { in: [] } } }', 'its part not is'],
    ['{ not: { or: [] } }', 'its part not is'],
    ['{ not: {} }', 'its part not is'],
    ['{ and: [] }', 'its part and is'],
    ['{ supplierId: { notIn: [] } }', 'its part supplierId.notIn is'],
    ['{ name: { contains: "" } }', 'its part name.contains is'],
  ])('refuses a condition with a part that says nothing: %s', async (where, part) => {
    const types = {
      id: 'ID',
      absent: 'IdFilter',
      amount: 'Decimal',
      parts: '[ItemWhere!]',
      part: 'ItemWhere',
      names: '[String!]',
    };
    const used = Object.entries(types).filter(([name]) => new RegExp(`\\$${name}\\b`).test(where));
    const variables = used.map(([name, type]) => `($${name}: ${type})`);
    gather.cost();
    const { data } = await gather.query(
      `mutation ${variables.join('')} { repriceItems(input: { where: ${where}, percent: "100" }) { count ${ERRORS} } }`,
    );
    const message = `Expected a condition whose every part restricts the rows, but ${part} absent, null or empty, and matches all of them.`;
    expect(data.repriceItems).toEqual({ count: 0, userErrors: [{ code: 'INVALID_INPUT', message, field: ['where'] }] });
    expect(gather.cost().statements).toEqual([]);
  });

  test('takes the default of a variable, and a value that is given', async () => {
    const change = 'repriceItems(input: { where: { price: { gte: "0", lt: $below } }, percent: "0" }) { count }';
    for (const [definition, variables] of [
      ['($below: Decimal = "0")', {}],
      ['($below: Decimal)', { below: '0' }],
    ] as const) {
      const { data } = await gather.query(`mutation ${definition} { ${change} }`, variables);
      expect(data.repriceItems).toEqual({ count: 0 });
    }
  });

  test('changes all items where the condition says so', async () => {
    const { count: changed } = await run('repriceItems', { where: { price: { gte: '0' } }, percent: '0' });
    expect(changed).toBe(await count());
  });
});

test('what is read after a change is read anew, and changes of one request are carried out one after another', async () => {
  const { item } = await run('createItem', plain());
  const { data, errors } = await gather.query(
    `mutation ($id: ID!) {
      a: updateItem(input: { id: $id, name: "A" }) { item { ...Again } }
      b: updateItem(input: { id: $id, name: "B", expectedVersion: 2 }) { item { ...Again } userErrors { code } }
      c: deleteItem(input: { id: $id }) { deletedId }
    }
    fragment Again on Item { name reviews { nodes { item { name } } } supplier { items(last: 1) { nodes { name } } } }`,
    { id: item.id },
  );
  expect(errors).toBeUndefined();
  expect(data.b.userErrors).toEqual([]);
  expect([data.a, data.b].map((payload) => payload.item.supplier.items.nodes[0].name)).toEqual(['A', 'B']);
  expect(data.c.deletedId).toBe(item.id);
});

interface Item {
  id: string;
  sku: string;
  name: string;
  price: string;
  calories: number | null;
  version: number;
  createdAt: string;
  updatedAt: string;
}

interface Payload {
  item: Item;
  items: Item[] | null;
  created: boolean;
  count: number;
  deletedId: string | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}

async function run(name: keyof typeof DOCUMENTS, input: object): Promise<Payload> {
  const { data, errors } = await gather.query(DOCUMENTS[name], { input });
  expect(errors).toBeUndefined();
  return data[name];
}

function plain(sku = newSku()) {
  return { sku, name: 'New', price: '1.00', supplierId: SUPPLIER };
}

function newSku(): string {
  return `NEW-${randomUUID()}`;
}

async function find(sku: string): Promise<Item | undefined> {
  const [row] = await gather.database.ask<Item>(
    `select *, "createdAt"::text as "createdAt", "updatedAt"::text as "updatedAt" from item where sku = $1`,
    [sku],
  );
  return row;
}

async function count(): Promise<number> {
  const [row] = await gather.database.ask<{ count: number }>('select count(*)::int as count from item');
  return row?.count ?? 0;
}

async function insertPriced(name: string, prices: string[]): Promise<void> {
  await gather.database.ask(
    `insert into item (sku, name, price, "supplierId")
     select $1 || n, $1, price, 1 from unnest($2::numeric[]) with ordinality as input (price, n)`,
    [name, prices],
  );
}

async function pricedAs(name: string) {
  return gather.database.ask<{ price: string; version: number; isTouched: boolean }>(
    `select price, version, "updatedAt" > "createdAt" as "isTouched" from item where name = $1 order by id`,
    [name],
  );
}

/** By whole numbers: a price in cents and a percentage in units of its twentieth decimal place. */
function reprice(price: string, percent: string): string {
  const unit = 10n ** 20n;
  const [whole = '', fraction = ''] = percent.split('.');
  const digits = BigInt(whole + fraction.padEnd(20, '0'));
  const scaled = BigInt(price.replace('.', '')) * (100n * unit + digits);
  const cents = (scaled * 2n + 100n * unit) / (200n * unit);
  return `${cents / 100n}.${String(cents % 100n).padStart(2, '0')}`;
}
