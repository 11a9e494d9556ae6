import type { UploadResolvers } from '../graphql/schema.generated.ts';

export const Upload: UploadResolvers = {
  url: ({ token }, _, { publicUrl }) => new URL(`/uploads/${token}`, publicUrl).href,
};
