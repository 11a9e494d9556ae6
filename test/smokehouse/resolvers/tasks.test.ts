import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../helpers/app.ts';

let gather: TestApp;

beforeAll(async () => {
  gather = await startTestApp();
});
beforeEach(() => {
  gather.services.reset();
  gather.cost();
});
afterAll(() => gather.close());

const TASK = 'task { id title done createdAt completedAt } userErrors { code message field }';

test('tasks are listed oldest first, all of them or those that are done or not', async () => {
  const { data } = await gather.query(`{
    all: tasks(first: 100) { nodes { title done completedAt } }
    done: tasks(first: 100, done: true) { nodes { title done } }
    open: tasks(first: 100, done: false) { nodes { title done } }
    any: tasks(first: 100, done: null) { totalCount }
  }`);
  const rows = await gather.database.ask<{ title: string; done: boolean }>('select title, done from task order by id');
  expect(data.all.nodes.map(({ title, done }: Task) => ({ title, done }))).toEqual(rows);
  expect(data.all.nodes.every((task: Task) => task.done === (task.completedAt !== null))).toBe(true);
  expect(data.done.nodes).toEqual(rows.filter(({ done }) => done));
  expect(data.open.nodes).toEqual(rows.filter(({ done }) => !done));
  expect(data.any.totalCount).toBe(rows.length);
  expect(data.done.nodes.length * data.open.nodes.length).toBeGreaterThan(0);
});

test('a list of tasks is one statement', async () => {
  await gather.query('{ tasks(done: true) { nodes { title } } }');
  expect(gather.cost().statements).toHaveLength(1);
});

test('a task is created in one statement, not done yet, and comes last', async () => {
  const { task, userErrors } = await create('Oil the hinges');
  expect(userErrors).toEqual([]);
  expect(task).toMatchObject({ title: 'Oil the hinges', done: false, completedAt: null });
  expect(Math.abs(Date.parse(task?.createdAt ?? '') - Date.now())).toBeLessThan(60_000);
  expect(gather.cost().statements).toHaveLength(1);
  const { data } = await gather.query('{ tasks(last: 1) { nodes { title } } }');
  expect(data.tasks.nodes).toEqual([{ title: 'Oil the hinges' }]);
});

test.each([
  ['', 'Expected 1 to 200 characters, got 0.'],
  ['x'.repeat(201), 'Expected 1 to 200 characters, got 201.'],
  ['a\0b', 'Expected text without NUL characters.'],
])('the title %j is refused', async (title, message) => {
  const { task, userErrors } = await create(title);
  expect(task).toBeNull();
  expect(userErrors).toEqual([{ code: 'INVALID_INPUT', message, field: ['title'] }]);
  expect(gather.cost().statements).toHaveLength(0);
});

test('a task is completed once: after that it stays as it is', async () => {
  const { task } = await create('Sweep the yard');
  const once = await complete(task?.id ?? '');
  expect(once.userErrors).toEqual([]);
  expect(once.task).toMatchObject({ id: task?.id, title: 'Sweep the yard', done: true });
  expect(Date.parse(once.task?.completedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(task?.createdAt ?? ''));
  expect((await complete(task?.id ?? '')).task).toEqual(once.task);
});

test('of fifty who complete a task at once all see the same time', async () => {
  const { task } = await create('Stack the wood');
  const answers = await Promise.all(Array.from({ length: 50 }, () => complete(task?.id ?? '')));
  expect(new Set(answers.map((answer) => answer.task?.completedAt)).size).toBe(1);
});

test('a task that there is not cannot be completed', async () => {
  const { task, userErrors } = await complete(btoa('Task:999999'));
  expect(task).toBeNull();
  expect(userErrors).toEqual([expect.objectContaining({ code: 'NOT_FOUND', field: ['id'] })]);
});

test.each(['x', btoa('Item:1')])('the ID %s is refused', async (id) => {
  expect((await complete(id)).userErrors).toEqual([expect.objectContaining({ code: 'INVALID_INPUT', field: ['id'] })]);
});

interface Task {
  id: string;
  title: string;
  done: boolean;
  createdAt: string;
  completedAt: string | null;
}

interface Payload {
  task: Task | null;
  userErrors: { code: string; message: string; field: string[] | null }[];
}

async function create(title: string): Promise<Payload> {
  const { data } = await gather.query(
    `mutation ($title: String!) { createTask(input: { title: $title }) { ${TASK} } }`,
    {
      title,
    },
  );
  return data.createTask;
}

async function complete(id: string): Promise<Payload> {
  const { data } = await gather.query(`mutation ($id: ID!) { completeTask(input: { id: $id }) { ${TASK} } }`, { id });
  return data.completeTask;
}
