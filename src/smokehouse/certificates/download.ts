import { type Download, FILE_KEY, SENT_COLUMNS } from 'gather';

/** `GET /certificates/<key>/certificate.pdf`: the PDF of a certificate. */
export const certificateDownload: Download = {
  path: new RegExp(`^/certificates/${FILE_KEY}/certificate\\.pdf$`, 'i'),
  async find(tables, key) {
    const file = await tables['gather.file'].find({ key }, { columns: ['id', ...SENT_COLUMNS] });
    if (!file || !(await tables.certificate.exists({ fileId: file.id }))) return undefined;
    return { ...file, name: 'certificate.pdf' };
  },
};
