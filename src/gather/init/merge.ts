import { diff3Merge, diffIndices } from 'node-diff3';

/** The three versions of a text. */
interface Versions {
  /** As it was written last. */
  before: string;
  /** As it would be written now. */
  now: string;
  /** As a person has edited it since. */
  edited: string;
}

/** Lines that a person has edited, and would be different now. */
export interface KeptLines {
  /** The number of the first of them, from 1. */
  line: number;
  /** The lines that would be new there; none if some would be deleted only. */
  now: readonly string[];
}

/**
 * Brings the difference between `before` and `now` into an edited text. New lines are added beside edited ones; lines that a
 * person has edited stay, and are reported if they would be written differently now.
 */
export function mergeText({ before, now, edited }: Versions): { text: string; kept: KeptLines[] } {
  const [ours, base, theirs] = [edited, before, now].map((text) => text.split('\n')) as [string[], string[], string[]];
  const lines: string[] = [];
  const kept: KeptLines[] = [];
  for (const part of diff3Merge(ours, base, theirs, { excludeFalseConflicts: true })) {
    if (part.ok) lines.push(...part.ok);
    if (!part.conflict) continue;
    const { a, o, b } = part.conflict;
    const changes = diffIndices(o, b);
    const isAddition = changes.every(({ buffer1Content }) => buffer1Content.length === 0);
    if (!isAddition) {
      kept.push({ line: lines.length + 1, now: changes.flatMap(({ buffer2Content }) => buffer2Content) });
      lines.push(...a);
      continue;
    }
    // Line for line if as many are there; otherwise before or behind all of them.
    const at = (offset: number) => (a.length === o.length || offset === 0 ? offset : a.length);
    let from = 0;
    for (const { buffer1, buffer2Content } of changes) {
      lines.push(...a.slice(from, at(buffer1[0])), ...buffer2Content);
      from = at(buffer1[0]);
    }
    lines.push(...a.slice(from));
  }
  return { text: lines.join('\n'), kept };
}
