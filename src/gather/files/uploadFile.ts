import * as z from 'zod';
import type { Context } from '../context.ts';
import { runMutation } from '../graphql/run-mutation.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';
import { ownerOf } from '../viewer.ts';
import { fileName } from './file-name.ts';
import type { Purpose } from './files.ts';

/** Whose a new file is, and what it is for. */
interface Placement {
  owner: string | null;
  purpose?: Purpose;
}

/**
 * Says whose a new file is, and what it is for.
 * @param input of `uploadFile` or `createUpload`, with what the application has added to it
 * @throws what refuses the file before its bytes are read
 */
export type PlaceFile<Input = object> = (input: Input, context: Context) => Promise<Placement>;

const Named = z.object({ file: fileName });

/** The viewer's own, for nothing in particular. */
export const placeAsOwn: PlaceFile = async (_, { viewer }) => ({ owner: ownerOf(viewer) });

/** The mutation `uploadFile`, for an application whose files are placed like this. */
export function createUploadFile(place: PlaceFile = placeAsOwn): NonNullable<MutationResolvers['uploadFile']> {
  return (_, { input }, context) =>
    runMutation(context, { file: null }, async () => {
      const placement = await place(input, context);
      using arrived = await input.file.open();
      const announced = { name: Named.parse({ file: arrived.name }).file, ...placement };
      return { file: await context.files.keep(context.database, arrived.bytes, announced) };
    });
}
