import * as z from 'zod';
import type { MutationResolvers } from '../../smokehouse/generated/schema.ts';
import type { Context } from '../context.ts';
import type { Id } from '../database/schema.ts';
import { GatherError } from '../errors.ts';
import { carryOut } from '../graphql/carry-out.ts';
import { idOf } from '../graphql/inputs.ts';
import { fileName } from './file-name.ts';
import { ownerOfFile } from './file-owner.ts';

const Purpose = z.object({ itemId: idOf('Item').nullish() });
const Named = z.object({ file: fileName });

export const uploadFile: MutationResolvers['uploadFile'] = (_, { input }, context) =>
  carryOut(context, { file: null }, async () => {
    const { itemId } = Purpose.parse(input);
    const owner = ownerOfFile(context.viewer, itemId);
    if (itemId) await assertItem(context, itemId);
    using arrived = await input.file.take();
    const announced = { name: Named.parse({ file: arrived.name }).file, owner, itemId };
    return { file: await context.files.keep(context.database, arrived.bytes, announced) };
  });

/** Nobody should send a file for nothing. */
async function assertItem({ tables }: Context, id: Id): Promise<void> {
  if (await tables.item.exists({ id })) return;
  throw new GatherError('NOT_FOUND', 'There is no item with this ID.', { field: 'itemId' });
}
