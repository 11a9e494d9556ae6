import { connectionOf, defineType, findBy } from 'gather';
import { about } from './front/about.ts';
import { opinions } from './front/opinions.ts';

export const Query = defineType('Query', {
  front: () => ({}),
  about,
  opinions,
  book: findBy('book'),
  catalogue: async (_, { where }, { toWhere }) => ({ where: toWhere('Book', where) }),
  books: connectionOf('book', { orderBy: { title: 'asc' } }),
  loans: connectionOf('lending.loan', { orderBy: { id: 'desc' } }),
  broken: () => {
    throw new TypeError('The shelf is not there.');
  },
});
