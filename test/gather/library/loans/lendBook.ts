import { idOf, ownerOf, runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';

const DAY_MS = 86_400_000;
const Lending = z.object({ bookId: idOf('Book') });

/** A book that is lent already is a CONFLICT: the database says so. */
export const lendBook: MutationResolvers['lendBook'] = (_, { input }, context) =>
  runMutation(context, { loan: null }, async () => {
    const { bookId } = Lending.parse(input);
    const dueOn = new Date(Date.now() + context.settings.LOAN_DAYS * DAY_MS).toISOString().slice(0, 10);
    const loan = { bookId, dueOn, memberOwner: ownerOf(context.viewer) ?? '' };
    return { loan: await context.tables['lending.loan'].create(loan) };
  });
