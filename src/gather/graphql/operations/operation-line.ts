import { type DocumentNode, type GraphQLError, Kind, type OperationDefinitionNode, visit } from 'graphql';
import type { Call } from '../../calls.ts';
import { originalOf } from '../../errors.ts';
import { describeError } from '../../monitoring/describe-error.ts';
import { findFault } from '../../monitoring/mask-errors.ts';
import { round, type Timing } from '../../monitoring/timing.ts';
import type { Failure } from '../../monitoring/words.ts';

const MAX_FAILURES = 5;
const MAX_ROOT_FIELDS = 5;
const MAX_LENGTH = 100;

const titles = new WeakMap<OperationDefinitionNode, string>();

/** `query Home`, or `query { catalogue, book }` for an operation without a name. */
export function titleOf(operation: OperationDefinitionNode): string {
  let title = titles.get(operation);
  if (title === undefined) {
    title = shortened(`${operation.operation} ${operation.name?.value ?? `{ ${rootFieldsOf(operation)} }`}`);
    titles.set(operation, title);
  }
  return title;
}

function rootFieldsOf({ selectionSet: { selections } }: OperationDefinitionNode): string {
  const names = selections.map((it) => (it.kind === Kind.FIELD ? it.name.value : '…'));
  return names.length > MAX_ROOT_FIELDS ? [...names.slice(0, MAX_ROOT_FIELDS), '…'].join(', ') : names.join(', ');
}

/** The calls of an operation by source, and the slowest one. */
export function describeCalls({ calls, count }: Timing): { calls: Record<string, number>; slowest?: object } {
  const bySource: Record<string, number> = {};
  let slowest: Call | undefined;
  for (const call of calls) {
    const source = call.kind === 'http' ? (call.name.split('.', 1)[0] ?? '') : call.kind;
    bySource[source] = (bySource[source] ?? 0) + 1;
    if (!slowest || call.duration > slowest.duration) slowest = call;
  }
  // Only the first thousand calls of a subscription are kept.
  if (count > calls.length) bySource['other'] = count - calls.length;
  return { calls: bySource, ...(slowest && { slowest: { call: slowest.name, ms: round(slowest.duration) } }) };
}

/** Groups errors, and describes the faults behind masked ones. */
export function describeErrors(errors: readonly GraphQLError[]): Failure[] {
  const failures = new Map<unknown, Failure>();
  for (const error of errors) {
    const { code, source, fault, key } = identify(error);
    const known = failures.get(key);
    if (known) known.count++;
    if (known || failures.size === MAX_FAILURES) continue;
    const { path } = error;
    failures.set(key, {
      code,
      ...(typeof source === 'string' && { source }),
      ...(path && { path: shortened(path.join('.')) }),
      count: 1,
      ...(fault !== undefined && { err: describeError(originalOf(fault)) }),
    });
  }
  return [...failures.values()];
}

/** Of a fault, what was thrown is the key: one that fails many fields is described once. */
function identify(error: GraphQLError) {
  const { extensions, path } = error;
  const code = `${extensions['code']}`;
  const source = extensions['source'];
  const fault = findFault(error);
  const field = path?.filter((key) => typeof key === 'string').join('.');
  return { code, source, fault, key: fault === undefined ? `${code} ${source} ${field}` : originalOf(fault) };
}

/** The texts of all strings and numbers in a document. */
export function literalsOf(document: DocumentNode): string[] {
  const values: string[] = [];
  const add = ({ value }: { value: string }) => void values.push(value);
  visit(document, { StringValue: add, IntValue: add, FloatValue: add });
  return values;
}

function shortened(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}
