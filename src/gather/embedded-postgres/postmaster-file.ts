import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a running server writes about itself into `postmaster.pid`, in its data directory. */
interface PostmasterFile {
  pid: number;
  /** 0 as long as none is written. */
  port: number;
  isReady: boolean;
}

/** @returns undefined where there is no such file, or nothing in it yet */
export async function readPostmasterFile(data: string): Promise<PostmasterFile | undefined> {
  const content = await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid, , , port, , , , status] = content.split('\n');
  if (!pid) return undefined;
  return { pid: Number(pid), port: Number(port ?? 0), isReady: status?.trim() === 'ready' };
}
