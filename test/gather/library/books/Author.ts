import { defineType, hasMany } from 'gather';

export const Author = defineType('Author', {
  books: hasMany('book', { by: 'authorId', orderBy: { id: 'asc' } }),
});
