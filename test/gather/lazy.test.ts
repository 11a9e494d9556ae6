import { expect, test } from 'vitest';
import { lazily } from '../../src/gather/lazy.ts';

test('a property is created once, on its first use, also by what stands in for the object', () => {
  const made: string[] = [];
  const make = (name: string) => (source: number) => {
    made.push(name);
    return [name, source];
  };
  const create = lazily<number, Record<'books' | 'loans', unknown>>({ books: make('books'), loans: make('loans') });
  const object = create(7);
  expect(made).toEqual([]);
  const standIns = [object, new Proxy(object, {}), Object.create(object) as typeof object];
  for (const it of standIns) expect(it.books).toEqual(['books', 7]);
  expect(made).toEqual(['books']);
  expect(create(8).books).toEqual(['books', 8]);
});
