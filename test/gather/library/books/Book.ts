import { belongsTo, defineType, fromService, hasMany, reads } from 'gather';

export const Book = defineType('Book', {
  author: belongsTo('authorId'),
  cover: belongsTo('coverId'),
  loans: hasMany('lending.loan', { by: 'bookId', order: 'newest first' }),
  rating: fromService('ratings', 'getRatings', { by: 'isbn' }),
  shelf: fromService('shelves', 'getShelves', { by: 'isbn' }),
  isLent: reads(['id'], ({ id }, _, { loaders }) => loaders.isLentByBookId.load(id)),
});
