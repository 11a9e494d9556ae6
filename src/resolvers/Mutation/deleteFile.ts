import * as z from 'zod';
import { carryOut } from '../carry-out.ts';
import { idOf } from '../inputs.ts';
import type { MutationResolvers } from '../types.generated.ts';

const Deletion = z.object({ id: idOf('StoredFile') });

export const deleteFile: MutationResolvers['deleteFile'] = (_, args, context) =>
  carryOut(context, { deletedId: null }, async () => {
    await context.files.delete(context.database, Deletion.parse(args).id);
    return { deletedId: args.id };
  });
