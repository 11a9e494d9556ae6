import * as z from 'zod';
import { runMutation } from '../graphql/run-mutation.ts';
import type { MutationResolvers } from '../graphql/schema.generated.ts';
import { tooLarge } from './file-digest.ts';
import { fileName } from './file-name.ts';
import { type PlaceFile, placeAsOwn } from './uploadFile.ts';

const MEDIA_TYPE = /^[a-z]+\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
const SHA256 = /^[0-9a-f]{64}$/;

const lowerCase = (pattern: RegExp, expected: string) =>
  z
    .string()
    .toLowerCase()
    .regex(pattern, { error: ({ input }) => `Expected ${expected}, got "${input}".` })
    .nullish();

const NewFile = z.object({
  name: fileName,
  size: z.number().refine((size) => Number.isSafeInteger(size) && size >= 0, {
    error: ({ input }) => `Expected a whole number of bytes, got ${input}.`,
  }),
  type: lowerCase(MEDIA_TYPE, 'a media type such as image/jpeg'),
  sha256: lowerCase(SHA256, '64 hexadecimal digits'),
});

/** Creates the resolver of `createUpload`. @param place decides the owner and the purpose of a file */
export function createCreateUpload(place: PlaceFile = placeAsOwn): NonNullable<MutationResolvers['createUpload']> {
  return async (_, { input }, context) => {
    const { files, uploads, database } = context;
    if (input.size > files.maxBytes) {
      const { message } = tooLarge(files.maxBytes);
      return { upload: null, userErrors: [{ code: 'TOO_LARGE', message, field: ['size'] }] };
    }
    return runMutation(context, { upload: null }, async () => {
      const file = NewFile.parse(input);
      return { upload: await uploads.create(database, { ...file, ...(await place(input, context)) }) };
    });
  };
}
