import { capitalise } from '../../codegen/names.ts';
import { type Addition, END } from './addition.ts';

/** A mutation of one text, for STAFF. */
export function toMutation(name: string): Addition {
  const type = capitalise(name);
  return {
    files: {
      [`src/mutations/${name}.ts`]: `import { runMutation } from 'gather';
import * as z from 'zod';
import type { MutationResolvers } from '../generated/schema.ts';

/** The rules of \`${type}Input\`. */
const Input = z.object({ text: z.string().min(1, 'Expected a text, got an empty one.') });

export const ${name}: MutationResolvers['${name}'] = (_, { input }, context) =>
  runMutation(context, { text: null }, async () => {
    const { text } = Input.parse(input);
    return { text };
  });
`,
      [`test/${name}.test.ts`]: `import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signedIn } from 'gather/testing';
import { app } from './app.ts';

const MUTATION = 'mutation ($input: ${type}Input!) { ${name}(input: $input) { text userErrors { message field } } }';

test('${name} is for STAFF, and refuses an empty text', async () => {
  const staff = { viewer: signedIn('STAFF') };
  const done = await app.query(MUTATION, { input: { text: 'One' } }, staff);
  assert.deepEqual(done.data.${name}, { text: 'One', userErrors: [] });
  const refused = await app.query(MUTATION, { input: { text: '' } }, staff);
  assert.deepEqual(refused.data.${name}.userErrors, [{ message: 'Expected a text, got an empty one.', field: ['text'] }]);
  const { errors } = await app.query(MUTATION, { input: { text: 'One' } }, { viewer: signedIn('MEMBER') });
  assert.equal(errors?.[0]?.extensions?.['code'], 'FORBIDDEN');
});
`,
    },
    insertions: [
      {
        file: 'schema.graphql',
        after: /^type Mutation \{\n(?:.*\n)*?(?=\})/m,
        text: `  ${name}(input: ${type}Input!): ${type}Payload @auth(requires: STAFF)\n`,
      },
      {
        file: 'schema.graphql',
        after: END,
        text: `
input ${type}Input {
  text: String!
}

type ${type}Payload {
  text: String
  userErrors: [UserError!]!
}
`,
      },
      { file: 'src/mutations/index.ts', after: END, text: `export { ${name} } from './${name}.ts';\n` },
      // Once for all mutations.
      {
        file: 'src/index.ts',
        after: /^import (?=\{ Query \})/m,
        text: "* as Mutation from './mutations/index.ts';\nimport ",
      },
      { file: 'src/index.ts', after: /resolvers: \{ Query,/, text: ' Mutation,' },
    ],
  };
}
