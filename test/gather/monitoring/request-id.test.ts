import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inThisRequest, requestId, withRequestId } from '../../../src/gather/monitoring/request-id.ts';

test('requests at the same time have IDs of their own, and outside of any there is none', async () => {
  const ids = await Promise.all(
    [1, 2, 3].map(() =>
      withRequestId(async (id) => {
        await turn();
        expect(requestId()).toBe(id);
        return id;
      }),
    ),
  );
  expect(new Set(ids).size).toBe(3);
  expect(requestId()).toBeUndefined();
});

test('parts are made in the name of their request, whoever takes them and leaves them', async () => {
  const seen: (string | undefined)[] = [];
  const note = () => void seen.push(requestId());
  async function* parts() {
    try {
      for (note(); ; note()) yield 'part';
    } finally {
      note();
    }
  }
  const { id, bound } = withRequestId((id) => ({ id, bound: inThisRequest(parts()) }));
  for await (const part of bound) {
    expect(part).toBe('part');
    if (seen.length === 3) break;
  }
  expect(seen).toEqual([id, id, id, id]);
});
