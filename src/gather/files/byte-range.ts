import type { ByteRange } from './store.ts';

/** RFC 9110, section 14.1.2: `bytes=0-99`, `bytes=100-`, and `bytes=-100` for the last hundred. */
const ONE_RANGE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * The range that a `Range` header requests; undefined for the whole file. Several ranges, invalid ones, and any range of
 * an empty file also mean the whole file, which a server may always send.
 */
export function toByteRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first, last] = ONE_RANGE.exec(header ?? '') ?? [];
  if (size === 0 || first === undefined || last === undefined) return undefined;
  if (first === '') return last === '' ? undefined : lastBytes(Number(last), size);
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return undefined;
  return start < size ? { start, end } : 'unsatisfiable';
}

function lastBytes(count: number, size: number): ByteRange | 'unsatisfiable' {
  return count === 0 ? 'unsatisfiable' : { start: Math.max(size - count, 0), end: size - 1 };
}
