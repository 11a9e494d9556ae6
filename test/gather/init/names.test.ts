import { expect, test } from 'vitest';
import { looksSecret, takeName, toFieldName, toListName, toTypeName } from '../../../src/gather/codegen/names.ts';
import { toEnumName, toLabel } from '../../../src/gather/graphql/enum-labels.ts';

test.each([
  ['release_year', 'releaseYear'],
  ['releaseYear', 'releaseYear'],
  ['supplierURL', 'supplierURL'],
  ['Day of Week', 'dayOfWeek'],
  ['FILM_ID', 'filmId'],
  ['FilmID', 'filmId'],
  ['_internal', 'internal'],
  ['2fa', 'x2fa'],
  ['größe', 'grosse'],
  ['Ærø_Gade', 'aeroGade'],
  ['Cena Łączna', 'cenaLaczna'],
  ['名前', 'u540du524d'],
  ['顧客_id', 'u9867u5ba2Id'],
])('the column %s is the field %s', (column, field) => {
  expect(toFieldName(column)).toBe(field);
});

test.each([
  ['film_actor', 'FilmActor', 'filmActors'],
  ['films', 'Film', 'films'],
  ['categories', 'Category', 'categories'],
  ['Opening Hours', 'OpeningHour', 'openingHours'],
  ['address', 'Address', 'addresses'],
  ['order_status', 'OrderStatus', 'orderStatuses'],
  ['person', 'Person', 'people'],
  ['Straßen', 'Strassen', 'strassens'],
  ['顧客', 'U9867u5ba2', 'u9867u5ba2s'],
])('the table %s is the type %s, and a list of it %s', (table, type, list) => {
  expect(toTypeName(table)).toBe(type);
  expect(toListName(type)).toBe(list);
});

test.each([
  ['PG-13', 'PG_13'],
  ['in progress', 'IN_PROGRESS'],
  ['Größe', 'GROSSE'],
  ['à venir', 'A_VENIR'],
  ['łódź', 'LODZ'],
  ['Ærø', 'AERO'],
  ['新しい', 'U65B0U3057U3044'],
  ['★', 'U2605'],
  ['A — B', 'A_B'],
  ['3 Äpfel', '_3_APFEL'],
])('the label %s is the value %s', (label, value) => {
  expect(toEnumName(label)).toBe(value);
  expect(toLabel(value, ['other', label])).toBe(label);
});

test('the values of former versions stay those of their labels', () => {
  expect(toLabel('GR_E', ['Größe', 'Gewicht'])).toBe('Größe');
  expect(toLabel('GR_E', ['Größe', 'Gr E'])).toBe('Gr E');
});

test('names that look secret', () => {
  const secret = ['password', 'passwordHash', 'api_token', 'api_key', 'APIKey', 'client_secret', 'salt', 'card_number'];
  expect(secret.filter((name) => !looksSecret(name))).toEqual([]);
  const open = ['passenger', 'key', 'postal_code', 'tokenise', 'number', 'pinned', 'secretary', 'hashtag'];
  expect(open.filter(looksSecret)).toEqual([]);
});

test('a name is taken once', () => {
  const taken = new Set(['Query']);
  expect(takeName(taken, 'Query', 'QueryRecord')).toBe('QueryRecord');
  expect(takeName(taken, 'Query', 'QueryRecord')).toBe('QueryRecord2');
  expect(takeName(taken, 'Film')).toBe('Film');
});
