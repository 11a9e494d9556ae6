import { belongsTo, defineType, hasMany, reads } from 'gather';

export const Book = defineType('Book', {
  author: belongsTo('authorId'),
  cover: belongsTo('coverId'),
  loans: hasMany('lending.loan', { by: 'bookId', order: 'newest first' }),
  rating: reads(['isbn'], ({ isbn }, _, { loaders }) => loaders.ratingByIsbn.load(isbn)),
  shelf: reads(['isbn'], ({ isbn }, _, { loaders }) => loaders.shelfByIsbn.load(isbn)),
  isLent: reads(['id'], ({ id }, _, { loaders }) => loaders.isLentByBookId.load(id)),
});
