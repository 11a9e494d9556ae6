import * as z from 'zod';
import { carryOut } from '../graphql/carry-out.ts';
import { idOf } from '../graphql/inputs.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';

const Deletion = z.object({ id: idOf('StoredFile') });

export const deleteFile: MutationResolvers['deleteFile'] = (_, args, context) =>
  carryOut(context, { deletedId: null }, async () => {
    await context.files.delete(context.database, Deletion.parse(args).id);
    return { deletedId: args.id };
  });
