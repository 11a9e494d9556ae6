import { sql } from 'kysely';
import { GatherError } from '../../errors.ts';
import { carryOut } from '../carry-out.ts';
import { toItemWhere } from '../item-where.ts';
import type { MutationResolvers } from '../types.generated.ts';

export const repriceItems: MutationResolvers['repriceItems'] = (_, { input }, context) =>
  carryOut(context, { count: 0 }, async () => {
    const { where, percent } = input;
    if (Number(percent) < -100) {
      throw new GatherError('INVALID_INPUT', `Expected -100 or more, got ${percent}.`, { field: 'percent' });
    }
    // A hundredth is multiplied by, because a division would be rounded.
    const price = () => sql<string>`"price" * (100 + ${percent}::numeric) * 0.01`;
    return { count: await context.tables.item.update(toItemWhere(where), { price }) };
  });
