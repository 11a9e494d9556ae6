import { defineType, reads } from 'gather';

export const Certificate = defineType('Certificate', {
  url: reads(['fileId'], async ({ fileId }, _, { loaders, publicUrl }) => {
    const key = await loaders.keyByFileId.load(fileId);
    return new URL(`/certificates/${key}/certificate.pdf`, publicUrl).href;
  }),
});
