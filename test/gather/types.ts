/** What must not compile; `npm run types` finds it where it does. Nothing runs this. */
import { belongsTo, defineService, defineType, fromService, hasMany, reads } from 'gather';
import { contracts } from './library/generated/services.ts';

// @ts-expect-error: no type of the SDL
defineType('Shelf', {});
// @ts-expect-error: no field of the type
defineType('Book', { spine: belongsTo('authorId') });
// @ts-expect-error: no column
defineType('Book', { author: belongsTo('writerId') });
// @ts-expect-error: a column that is no foreign key
defineType('Book', { author: belongsTo('title') });
// @ts-expect-error: no table
defineType('Author', { books: hasMany('shelf', { by: 'authorId', order: 'newest first' }) });
// @ts-expect-error: a column that refers to another table
defineType('Author', { books: hasMany('lending.loan', { by: 'bookId', order: 'newest first' }) });
// @ts-expect-error: no column of that table
defineType('Author', { books: hasMany('book', { by: 'writerId', order: 'newest first' }) });
// @ts-expect-error: no column that can be read
defineType('Book', { shelf: reads(['spine'], () => null) });
// @ts-expect-error: a column that it does not say it reads
defineType('Book', { shelf: reads(['id'], ({ title }) => title) });
// @ts-expect-error: a result of another type than the SDL's
defineType('Book', { isLent: reads(['id'], () => 'yes') });
// @ts-expect-error: no service
defineType('Book', { rating: fromService('critics', 'getRatings', { by: 'isbn' }) });
// @ts-expect-error: no operation of the service
defineType('Book', { rating: fromService('ratings', 'getShelves', { by: 'isbn' }) });
// @ts-expect-error: an operation that is not declared in `bulk`
defineType('Book', { rating: fromService('ratings', 'getOpinion', { by: 'isbn' }) });
// @ts-expect-error: no column
defineType('Book', { rating: fromService('ratings', 'getRatings', { by: 'ean' }) });
// @ts-expect-error: a value of another type than the SDL's
defineType('Book', { shelf: fromService('ratings', 'getRatings', { by: 'isbn' }) });
// @ts-expect-error: no property of the value
defineType('Book', { rating: fromService('ratings', 'getRatings', { by: 'isbn', select: 'mean' }) });
// @ts-expect-error: no operation of the contract
defineService(contracts.ratings, { bulk: { getRating: { in: 'query.isbns', out: 'ratings.*' } } });
// @ts-expect-error: no place for keys
defineService(contracts.ratings, { bulk: { getRatings: { in: 'isbns', out: 'ratings.*' } } });
// @ts-expect-error: no operation of the contract
defineService(contracts.ratings, { expected: { getRating: [404] } });
