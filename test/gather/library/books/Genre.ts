import { defineType, manyToMany } from 'gather';

export const Genre = defineType('Genre', {
  books: manyToMany('book', { through: 'bookGenre', orderBy: { title: 'asc' } }),
});
