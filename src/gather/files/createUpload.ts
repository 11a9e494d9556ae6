import * as z from 'zod';
import type { MutationResolvers } from '../../smokehouse/generated/schema.ts';
import { carryOut } from '../graphql/carry-out.ts';
import { idOf } from '../graphql/inputs.ts';
import { fileName } from './file-name.ts';
import { ownerOfFile } from './file-owner.ts';
import { tooLarge } from './intake.ts';

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
  itemId: idOf('Item').nullish(),
});

export const createUpload: MutationResolvers['createUpload'] = async (_, { input }, context) => {
  const { files, uploads, database, viewer } = context;
  if (input.size > files.maxBytes) {
    const { message } = tooLarge(files.maxBytes);
    return { upload: null, userErrors: [{ code: 'TOO_LARGE', message, field: ['size'] }] };
  }
  return carryOut(context, { upload: null }, async () => {
    const file = NewFile.parse(input);
    const owner = ownerOfFile(viewer, file.itemId);
    return { upload: await uploads.create(database, { owner, ...file }) };
  });
};
