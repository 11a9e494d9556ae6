import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Proves that the engine needs no shop: in a copy of the repository without `src/smokehouse` and `test/smokehouse` it is
 * linted, its types are checked, and its tests run.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SHOP = ['src/smokehouse', 'test/smokehouse'];
/** Those of the whole application; `npm test` runs the others beside the shop, which the types show they do not import. */
const WHOLE = ['check', 'jobs', 'migrate', 'page', 'viewers'].map((name) => `test/gather/${name}.test.ts`);
const STEPS = [
  ['biome', 'check', '--error-on-warnings', 'src/gather', 'test/gather'],
  ['tsc', '-p', 'test/gather'],
  ['vitest', 'run', '--project', 'engine', ...WHOLE],
] as const;

const copy = mkdtempSync(join(tmpdir(), 'gather-engine-'));
try {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) {
    if (SHOP.some((folder) => file.startsWith(`${folder}/`))) continue;
    cpSync(join(ROOT, file), join(copy, file), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const bin = join(ROOT, 'node_modules', '.bin');
  const run = (command: string, args: readonly string[]) => {
    console.log(`\nWithout the shop: ${[command, ...args].join(' ')}`);
    return spawnSync(join(bin, command), [...args], { cwd: copy, stdio: 'inherit' }).status === 0;
  };
  const passes = STEPS.every(([command, ...args]) => run(command, args));
  process.exitCode = passes ? 0 : 1;
} finally {
  rmSync(copy, { recursive: true, force: true });
}
