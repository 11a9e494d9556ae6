import { toGlobalId } from '../../gather/graphql/global-id.ts';
import { reads } from '../../gather/graphql/reads.ts';
import type { CertificateResolvers } from '../generated/schema.ts';

export const Certificate: CertificateResolvers = {
  id: reads(['id'], ({ id }) => toGlobalId('Certificate', id)),
  url: reads(['fileId'], async ({ fileId }, _, { loaders, publicUrl }) => {
    const key = await loaders.keyByFileId.load(fileId);
    return new URL(`/certificates/${key}/certificate.pdf`, publicUrl).href;
  }),
};
