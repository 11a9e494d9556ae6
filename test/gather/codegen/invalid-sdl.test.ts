import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryDirectory } from '../../helpers/temporary-directory.ts';
import { library } from '../library/index.ts';
import { types } from '../library/types.ts';

const run = promisify(execFile);

test('code generation says where an SDL is not valid, without a stack', async () => {
  await using directory = await temporaryDirectory();
  const schema = join(directory.path, 'schema.graphql');
  await writeFile(schema, `type Shelf {\n  book: Boook\n}\n${library.sdl}`);
  const program = `
    import { applicationFiles, runCodegen } from 'gather/codegen';
    const out = 'test/gather/library/generated';
    const files = applicationFiles(${JSON.stringify({ out: 'test/gather/library/generated', schema, types })});
    await runCodegen({ schema: files[out + '/schema.ts'] });`;
  await expect(run(process.execPath, ['--input-type=module', '--eval', program])).rejects.toMatchObject({
    code: 1,
    stdout: '',
    stderr: `The SDL is not valid. Correct it, and run \`npm run codegen\` again:\n  ${schema}:2: Unknown type "Boook". Did you mean "Book" or "BookBy"?\n`,
  });
});
