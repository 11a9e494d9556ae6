import * as z from 'zod';
import { text } from '../graphql/inputs.ts';

const FOLDERS = /^.*[/\\]/s;
/** Those that control a terminal, and those that turn the direction: `exe.gnp` would look like `png.exe`. */
const CONTROLS = /[\p{Cc}\p{Bidi_Control}]/gu;

/** The name of a file, as it is shown: without the folders that some clients send along, and without controls. */
export const fileName = z
  .string('Expected the name of a file, got null.')
  .transform((name) => name.replace(FOLDERS, '').replace(CONTROLS, ''))
  .pipe(text(1, 255));
