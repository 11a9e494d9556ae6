import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The contents of `postmaster.pid`, which a running server keeps in its data directory. */
interface PostmasterFile {
  pid: number;
  /** 0 until it is written. */
  port: number;
  isReady: boolean;
}

/** @returns undefined if the file is missing, or still empty */
export async function readPostmasterFile(data: string): Promise<PostmasterFile | undefined> {
  const content = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid, , , port, , , , status] = content.split('\n');
  if (!pid) return undefined;
  return { pid: Number(pid), port: Number(port ?? 0), isReady: ['ready', 'standby'].includes(status?.trim() ?? '') };
}
