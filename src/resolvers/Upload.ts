import type { UploadResolvers } from './types.generated.ts';

export const Upload: UploadResolvers = {
  url: ({ token }, _, { publicUrl }) => new URL(`/uploads/${token}`, publicUrl).href,
};
