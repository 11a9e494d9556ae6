import * as z from 'zod';
import { text } from '../graphql/inputs.ts';

const FOLDERS = /^.*[/\\]/s;
/** Control characters, and those that change the text direction, which make `exe.gnp` look like `png.exe`. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}]/gu;

/** The display name of a file, without the folders that some clients send and without control characters. */
export const fileName = z
  .string('Expected the name of a file, got null.')
  .transform((name) => name.replace(FOLDERS, '').replace(CONTROLS, ''))
  .pipe(text(1, 255));
