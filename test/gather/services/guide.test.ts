import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('docs/services.md shows what the library has', async () => {
  const guide = await readFile('docs/services.md', 'utf8');
  const examples = [...guide.matchAll(/^In `([^`]+)`:\n\n```\w+\n(.*?)```/gms)];
  expect(examples).toHaveLength(5);
  for (const [, file = '', example = ''] of examples) expect(await readFile(file, 'utf8')).toContain(example);
});
