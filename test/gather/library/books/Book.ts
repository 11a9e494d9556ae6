import { belongsTo, defineType, defineWhere, fromService, hasMany, manyToMany, reads } from 'gather';
import { sql } from 'kysely';

export const Book = defineType('Book', {
  author: belongsTo('authorId'),
  cover: belongsTo('coverId'),
  loans: hasMany('lending.loan', { by: 'bookId', orderBy: { id: 'desc' } }),
  ownLoans: hasMany('lending.loan', { by: 'bookId', orderBy: { dueOn: 'asc' } }),
  genres: manyToMany('genre', { through: 'bookGenre', orderBy: { name: 'asc' } }),
  genreEdges: manyToMany('genre', { through: 'bookGenre' }),
  sequels: manyToMany('book', { through: 'sequel', by: 'bookId', to: 'laterId' }),
  rating: fromService('ratings', 'getRatings', { by: 'isbn' }),
  shelf: fromService('shelves', 'getShelves', { by: 'isbn' }),
  isLent: reads(['id'], ({ id }, _, { loaders }) => loaders.isLentByBookId.load(id)),
});

export const BookWhere = defineWhere('BookWhere', {
  matches: (text, book) =>
    sql`to_tsvector('english', ${book('title')} || ' ' || ${book('blurb')}) @@ plainto_tsquery('english', ${text})`,
});
