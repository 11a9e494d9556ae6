/** What must not compile; `npm run types` finds it where it does. Nothing runs this. */
import { belongsTo, defineType, hasMany, reads } from 'gather';

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
