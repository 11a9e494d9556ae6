import type { GraphQLError } from 'graphql';
import type { Replica } from '../../database/replica.ts';
import { type GatherError, isMasked, toClientError } from '../../errors.ts';
import { keyOf } from '../limits/charge.ts';
import type { CacheHeaders } from './cache-headers.ts';
import { ANSWER_COMPLETE, withDeadline } from './deadline.ts';
import { isMutation, isSubscription, type Operation } from './operation.ts';
import type { OperationEvents } from './operation-events.ts';
import type { OperationLog } from './operation-log.ts';
import { errorsOf, type Part } from './part.ts';
import type { Timings } from './timings.ts';

/** Who learns of the result of an operation. */
export interface Reports {
  timings: Timings;
  log: OperationLog;
  cacheHeaders: CacheHeaders;
  /** Learns of what clients may have written, if there is one. */
  replica: Replica | undefined;
  /** If metrics or traces listen. */
  events: OperationEvents | undefined;
}

/** Of a response in parts. */
const MAX_LOGGED_ERRORS = 1000;

/** Ends an operation: stops what still runs for it, settles its charge, and reports its result. @returns its answer */
export async function reportResult(operation: Operation, executed: Part, reports: Reports): Promise<Part> {
  const { timings, log, cacheHeaders, replica, events } = reports;
  const { context, deadline, answerSize, charge } = operation;
  deadline.end(ANSWER_COMPLETE);
  const { excess } = answerSize;
  const result = excess ? tooLarge(excess) : withDeadline(executed, deadline);
  const { errors = [], data } = result;
  charge?.settle(result);
  const isShared = cacheHeaders.isShared(operation, result);
  // What one client has left is not for others.
  const extensions = toExtensions(operation, timings, { hasCost: !isShared });
  const headers = { 'Server-Timing': timings.header(operation), ...cacheHeaders.headers(isShared) };
  log.write(operation, { errors, isRun: hasValue(data) });
  // Before the client has the answer, and may read what it has written.
  if (isMutation(operation) && charge?.isTaken) await replica?.noteWrite(keyOf(context));
  events?.addErrors(operation, errors);
  events?.settle(operation);
  // Yoga sets headers faster from here than on the response.
  return { ...result, extensions: { ...extensions, http: { headers } } };
}

/**
 * Reports the parts of an operation, and ends it after the last one. Its deadline and its limit of size apply to each part;
 * the first one has the timing and the cost so far.
 */
export async function* reportParts(
  operation: Operation,
  parts: AsyncIterable<Part>,
  { timings, log, events }: Reports,
): AsyncGenerator<Part> {
  const { deadline, answerSize, charge } = operation;
  const logged: GraphQLError[] = [];
  let isFirst = true;
  try {
    for await (const executed of parts) {
      const { excess } = answerSize;
      // A later part has the error in it.
      const isOver = excess !== undefined && 'data' in executed;
      const part = isOver ? { ...tooLarge(excess), ...('hasNext' in executed && { hasNext: false }) } : executed;
      const errors = errorsOf(part);
      charge?.addErrors(errors.length);
      events?.addErrors(operation, errors);
      // A subscription may last for days.
      if (isSubscription(operation) && errors.some(isMasked)) log.writeEvent(operation, errors);
      else if (logged.length < MAX_LOGGED_ERRORS) logged.push(...errors);
      yield isFirst ? { ...part, extensions: toExtensions(operation, timings, { hasCost: true }) } : part;
      if (isOver) return;
      isFirst = false;
      answerSize.beginPart();
      deadline.extend();
    }
  } finally {
    deadline.end(ANSWER_COMPLETE);
    charge?.settleParts();
    log.write(operation, { errors: logged, isRun: true });
    events?.settle(operation);
    events?.endParts(operation);
  }
}

function toExtensions(
  operation: Operation,
  timings: Timings,
  { hasCost }: { hasCost: boolean },
): Record<string, unknown> {
  const timing = timings.report(operation);
  const cost = hasCost ? operation.charge?.report() : undefined;
  return { ...(timing && { timing }), ...(cost && { cost }) };
}

function tooLarge(excess: GatherError): Part {
  return { data: null, errors: [toClientError(excess)] };
}

/** Whether any field of a result has a value. If none has, the first error has refused the operation. */
function hasValue(data: Part['data']): boolean {
  return Object.values(data ?? {}).some((value) => value !== null);
}
