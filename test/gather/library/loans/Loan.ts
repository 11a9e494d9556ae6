import { belongsTo, defineType } from 'gather';

export const Loan = defineType('Loan', {
  book: belongsTo('bookId'),
});
