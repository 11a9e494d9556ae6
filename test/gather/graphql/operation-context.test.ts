import { setFlagsFromString } from 'node:v8';
import type { Context } from 'gather';
import { expect, test } from 'vitest';
import { startTestApp } from '../../helpers/app.ts';
import { library } from '../library/index.ts';

test('the context of an operation has a place for each property that is added to it: it is no hash table', async () => {
  const contexts: Context[] = [];
  const keep = (_: object, __: object, context: Context) => {
    contexts.push(context);
    return {};
  };
  const resolvers = { ...library.resolvers, Query: { ...library.resolvers['Query'], catalogue: keep } };
  const gather = await startTestApp({ application: { resolvers } });
  try {
    const { url } = await gather.app.start();
    const body = JSON.stringify({ query: '{ catalogue { books(first: 1) { nodes { title author { name } } } } }' });
    await fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    setFlagsFromString('--allow-natives-syntax');
    const hasPlaces = new Function('object', 'return %HasFastProperties(object)');
    expect(contexts.map((context) => hasPlaces(context))).toEqual([true]);
  } finally {
    await gather.close();
  }
});
