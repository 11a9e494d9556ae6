import { styleText } from 'node:util';
import type { DescribedError } from './describe-error.ts';

type Line = Readonly<Record<string, unknown>>;

type Style = Parameters<typeof styleText>[0];

const LEVELS: Readonly<Record<number, readonly [name: string, style: Style]>> = {
  10: ['TRACE', 'gray'],
  20: ['DEBUG', 'gray'],
  30: ['INFO', 'green'],
  40: ['WARN', 'yellow'],
  50: ['ERROR', 'red'],
  60: ['FATAL', ['bold', 'red']],
};
const WARN = 40;
const NAME_WIDTH = 28;
const MS_WIDTH = 10;
/** Already shown, or of no use at a terminal. */
const LEFT_OUT = new Set([
  'level',
  'time',
  'pid',
  'hostname',
  'operation',
  'request',
  'msg',
  'ms',
  'requestId',
  'traceId',
]);

/** How fields are said; any other is its name and its value. A field that gives '' is left out. */
const SAID: Readonly<Record<string, (value: never) => string>> = {
  calls: (calls: Record<string, number>) => listed(Object.entries(calls).map((call) => call.join(' '))),
  slowest: ({ call, ms }: { call: string; ms: number }) => `slowest ${call} ${toMs(ms)}`,
  cost: (points: number) => `${points} points`,
  viewer: (viewer: string) => viewer,
  refused: (reason: string) => `refused: ${reason}`,
  slow: () => 'slow',
  errors: () => '',
  // It is in the message.
  source: () => '',
  failures: (failures: Failure[]) => failures.map(toFailure).join('; '),
  err: (error: DescribedError) => toError(error),
  status: (status: number) => `status ${status}`,
};

/** Errors of an operation that have one cause: the same code, source and field. */
export interface Failure {
  code: string;
  source?: string;
  /** Of the first of them. */
  path?: string;
  count: number;
  /** The fault behind a masked error. */
  err?: DescribedError;
}

/** Turns a line of JSON into one for a person at a terminal, coloured if the output is one. */
export function toWords(json: string): string {
  const line: Line = JSON.parse(json);
  const { level, time, operation, request, msg, ms, requestId, traceId } = line;
  const [name, style] = LEVELS[Number(level)] ?? [`${level}`, 'gray'];
  const title = [operation ?? request, msg].filter((text) => text !== undefined).join(': ');
  const rest = Object.entries(line)
    .filter(([key]) => !LEFT_OUT.has(key))
    .map(
      ([key, value]) => (SAID[key] as ((value: unknown) => string) | undefined)?.(value) ?? `${key} ${toText(value)}`,
    );
  // By this ID a client that was told of a fault finds its line.
  if (Number(level) >= WARN && requestId !== undefined) rest.push(styled('gray', `request ${requestId}`));
  if (traceId !== undefined) rest.push(styled('gray', `trace ${traceId}`));
  const parts = [
    styled('gray', toTime(Number(time))),
    styled(style, name.padEnd(5)),
    title.padEnd(NAME_WIDTH),
    (ms === undefined ? '' : toMs(Number(ms))).padStart(MS_WIDTH),
    rest.filter(Boolean).join('  '),
  ];
  return `${onOneLine(parts.join(' ')).trimEnd()}\n`;
}

function toFailure({ code, source, path, count, err }: Failure): string {
  const place = [source && `of ${source}`, path && `at ${path}`, count > 1 && `${count} times`].filter(Boolean);
  return [code, ...place].join(' ') + (err ? `: ${toError(err)}` : '');
}

/** `DatabaseError 42703: column "rating" does not exist (src/books/Book.ts:12), because of …` */
function toError({ type, code, source, message, at = [], cause }: DescribedError): string {
  const who = [type, code, source && `of ${source}`].filter(Boolean).join(' ');
  const what = message ? `${who}: ${message}` : who;
  const causes = [cause ?? []].flat().map(toError);
  return what + (at.length > 0 ? ` (${listed(at)})` : '') + (causes.length > 0 ? `, because of ${listed(causes)}` : '');
}

/** A value without the signs of JSON. */
function toText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${value}`;
  if (Array.isArray(value)) return listed(value.map(toText));
  return listed(Object.entries(value).map(([key, part]) => `${key} ${toText(part)}`));
}

function listed(parts: readonly string[]): string {
  return parts.join(', ');
}

function toMs(ms: number): string {
  return `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
}

function toTime(time: number): string {
  const date = new Date(time);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => `${part}`.padStart(2, '0'));
  return `${parts.join(':')}.${`${date.getMilliseconds()}`.padStart(3, '0')}`;
}

/** Only colours are control characters, lest what a client sent moves the cursor. */
function onOneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  return text.replace(/(?!\x1b\[\d{1,2}m)[\x00-\x1f\x7f-\x9f]+/g, ' ');
}

function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}
