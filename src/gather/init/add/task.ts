import { type Addition, END } from './addition.ts';

/** A task with one text. */
export function toTask(name: string): Addition {
  return {
    files: {
      [`src/tasks/${name}.ts`]: `import { defineTask } from 'gather';
import * as z from 'zod';

/** \`jobs.enqueue(${name}, { text })\` runs it in the background. */
export const ${name} = defineTask({
  name: '${name}',
  input: z.object({ text: z.string() }),
  attempts: 3,
  backoffSeconds: 10,
  timeoutMs: 30_000,
  concurrency: 5,
  run: async ({ text }) => ({ text }),
});
`,
      [`test/${name}.test.ts`]: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ${name} } from '../src/tasks/${name}.ts';

test('${name} returns its text', async () => {
  assert.deepEqual(await ${name}.perform({ text: 'One' }, {} as never), { text: 'One' });
});
`,
    },
    insertions: [
      { file: 'src/tasks/index.ts', after: END, text: `export { ${name} } from './${name}.ts';\n` },
      // Once for all tasks.
      {
        file: 'src/index.ts',
        after: /^import (?=\* as resolvers)/m,
        text: "* as tasks from './tasks/index.ts';\nimport ",
      },
      { file: 'src/index.ts', after: /^ {2}types,\n/m, text: '  tasks: Object.values(tasks),\n' },
    ],
  };
}
