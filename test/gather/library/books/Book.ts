import { belongsTo, defineType, hasMany, reads } from 'gather';

export const Book = defineType('Book', {
  author: belongsTo('authorId'),
  loans: hasMany('lending.loan', { by: 'bookId', order: 'newest first' }),
  rating: reads(['id'], ({ id }, _, { loaders }) => loaders.ratingByBookId.load(id)),
  shelf: reads(['id'], ({ id }, _, { loaders }) => loaders.shelfByBookId.load(id)),
  isLent: reads(['id'], ({ id }, _, { loaders }) => loaders.isLentByBookId.load(id)),
});
