import { expect, test } from 'vitest';
import { mergeText } from '../../../src/gather/init/merge.ts';

const text = (...lines: string[]) => `${lines.join('\n')}\n`;
const BEFORE = text('type Film {', '  id: ID!', '  title: String', '  length: Int', '}');

test('a text that nobody edited becomes what would be written now', () => {
  const now = text('type Film {', '  id: ID!', '  title: String!', '  year: Int', '}');
  expect(mergeText({ before: BEFORE, now, edited: BEFORE })).toEqual({ text: now, kept: [] });
});

test('a text that would be written as before stays as it was edited', () => {
  const edited = text('# Mine', 'type Film {', '}');
  expect(mergeText({ before: BEFORE, now: BEFORE, edited })).toEqual({ text: edited, kept: [] });
});

test('new lines come in, far from edited lines and right beside them', () => {
  const edited = BEFORE.replace('  length: Int', '  "In minutes."\n  length: Int!');
  const now = BEFORE.replace('  id: ID!', '  id: ID!\n  isbn: String').replace(
    'length: Int',
    'length: Int\n  year: Int',
  );
  expect(mergeText({ before: BEFORE, now, edited })).toEqual({
    text: text(
      'type Film {',
      '  id: ID!',
      '  isbn: String',
      '  title: String',
      '  "In minutes."',
      '  length: Int!',
      '  year: Int',
      '}',
    ),
    kept: [],
  });
});

test('a line that was deleted stays away', () => {
  const edited = BEFORE.replace('  length: Int\n', '');
  const now = BEFORE.replace('}', '  year: Int\n}');
  expect(mergeText({ before: BEFORE, now, edited }).text).toBe(edited.replace('}', '  year: Int\n}'));
});

test('an edited line stays, and it is told what would be written in its place', () => {
  const edited = BEFORE.replace('title: String', 'title: String @auth(requires: STAFF)');
  const now = BEFORE.replace('title: String', 'title: String!');
  expect(mergeText({ before: BEFORE, now, edited })).toEqual({
    text: edited,
    kept: [{ line: 3, now: ['  title: String!'] }],
  });
});

test('what is the same edit on both sides is no conflict', () => {
  const now = BEFORE.replace('title: String', 'title: String!');
  expect(mergeText({ before: BEFORE, now, edited: now })).toEqual({ text: now, kept: [] });
});

test('new lines before edited ones come before them, and those behind them behind', () => {
  const before = 'alpha\n  @list\nbeta @auth\n  @list\n';
  const now = 'alpha\n  @list\nalpine @auth\n  @list\nbeta @auth\n  @list\n';
  const { text, kept } = mergeText({ before, now, edited: 'alpha\n  @list\nbeta\n  @list\n' });
  expect(text).toBe('alpha\n  @list\nalpine @auth\n  @list\nbeta\n  @list\n');
  expect(kept).toEqual([]);
});
