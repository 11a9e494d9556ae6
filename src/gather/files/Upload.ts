import type { UploadResolvers } from '../../smokehouse/generated/schema.ts';

export const Upload: UploadResolvers = {
  url: ({ token }, _, { publicUrl }) => new URL(`/uploads/${token}`, publicUrl).href,
};
