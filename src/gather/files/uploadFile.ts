import * as z from 'zod';
import type { Context } from '../context.ts';
import { runMutation } from '../graphql/run-mutation.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';
import { ownerOf } from '../viewer.ts';
import { fileName } from './file-name.ts';
import type { Purpose } from './files.ts';

/** The owner and the purpose of a new file. */
interface Placement {
  owner: string | null;
  purpose?: Purpose;
}

/**
 * Decides the owner and the purpose of a new file.
 * @param input of `uploadFile` or `createUpload`, with the fields that the application adds
 * @throws to refuse the file before its bytes are read
 */
export type PlaceFile<Input = object> = (input: Input, context: Context) => Promise<Placement>;

const Named = z.object({ file: fileName });

/** The file belongs to the viewer, and is attached to nothing. */
export const placeAsOwn: PlaceFile = async (_, { viewer }) => ({ owner: ownerOf(viewer) });

/** Creates the resolver of `uploadFile`. @param place decides the owner and the purpose of a file */
export function createUploadFile(place: PlaceFile = placeAsOwn): NonNullable<MutationResolvers['uploadFile']> {
  return (_, { input }, context) =>
    runMutation(context, { file: null }, async () => {
      const placement = await place(input, context);
      using arrived = await input.file.open();
      const expected = { name: Named.parse({ file: arrived.name }).file, ...placement };
      return { file: await context.files.keep(context.database, arrived.bytes, expected) };
    });
}
