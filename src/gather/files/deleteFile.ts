import * as z from 'zod';
import { idOf } from '../graphql/inputs.ts';
import { runMutation } from '../graphql/run-mutation.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';

const Deletion = z.object({ id: idOf('StoredFile') });

export const deleteFile: MutationResolvers['deleteFile'] = (_, args, context) =>
  runMutation(context, { deletedId: null }, async () => {
    await context.files.delete(context.database, Deletion.parse(args).id);
    return { deletedId: args.id };
  });
