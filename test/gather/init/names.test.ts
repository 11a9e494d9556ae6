import { expect, test } from 'vitest';
import { looksSecret, takeName, toFieldName, toListName, toTypeName } from '../../../src/gather/codegen/names.ts';

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
])('the table %s is the type %s, and a list of it %s', (table, type, list) => {
  expect(toTypeName(table)).toBe(type);
  expect(toListName(type)).toBe(list);
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
