import type { ExecutionResult, GraphQLSchema } from 'graphql';
import type { Replica } from '../../database/replica.ts';
import { assertAcceptsEvents, formatsOfEvents } from '../../http/formats.ts';
import type { MaskError } from '../../monitoring/mask-errors.ts';
import { inPhase } from '../../monitoring/phase.ts';
import { inThisRequest } from '../../monitoring/request-id.ts';
import { getOperation } from '../documents/get-operation.ts';
import type { ParseDocument } from '../documents/parse-document.ts';
import type { ValidateDocument } from '../documents/validate-document.ts';
import type { WithText } from '../documents/with-text.ts';
import { subscribe } from '../execution/subscribe.ts';
import { type Charges, keyOf } from '../limits/charge.ts';
import { assertShort } from '../limits/query-length.ts';
import { Refused } from '../limits/refusal.ts';
import type { Turns } from '../limits/turns.ts';
import type { AddSources } from './add-sources.ts';
import { executePlanned, masked } from './execute-planned.ts';
import { isSubscription, type Operation } from './operation.ts';
import type { PlanOf } from './operation-plan.ts';
import { isParts, type Part, type Result } from './part.ts';
import { type ExecutionArgs, type PlannedOperation, planOperation } from './plan-operation.ts';
import { type Reports, reportParts, reportResult } from './report-result.ts';

/** Who asks: see `accounts/`. */
interface Viewers {
  identify(operation: Operation): void | Promise<void>;
  whileSignedIn(operation: Operation, events: AsyncIterable<ExecutionResult>): AsyncIterable<ExecutionResult>;
}

/** What the steps of an operation need. */
export interface Steps extends Reports {
  queryMaxBytes: number;
  withText: WithText;
  schema: GraphQLSchema;
  isIntrospectable: boolean;
  parseDocument: ParseDocument;
  validateDocument: ValidateDocument;
  viewers: Viewers;
  planOf: PlanOf;
  turns: Turns;
  charges: Charges;
  addSources: AddSources;
  maskError: MaskError;
}

/** Answers an operation, and reports its result. */
export type AnswerOperation = (operation: Operation) => Promise<Result>;

/**
 * Answers operations, each step in its order: the document is parsed, found valid and planned, who asks is identified and
 * charged, the operation is executed, and its result reported. docs/decisions/051 says why the steps are not plugins of Yoga.
 */
export function createAnswerOperation(steps: Steps): AnswerOperation {
  const { maskError, replica, events, log } = steps;

  const run = async (operation: Operation): Promise<Result> => {
    const { request, timing } = operation;
    assertShort(operation.params.query, steps.queryMaxBytes);
    const params = steps.withText(operation.params);
    operation.params = params;
    Object.assign(operation.context, { params });
    const document = inPhase('parse', timing, () => steps.parseDocument(params.query ?? ''));
    const definition = getOperation(document, params.operationName, request.method);
    operation.document = document;
    operation.definition = definition;
    log.hideValues(operation);
    events?.describe(operation);
    inPhase('validate', timing, () => steps.validateDocument(document));
    const args: ExecutionArgs = {
      schema: steps.schema,
      document,
      operationName: params.operationName,
      variableValues: params.variables,
      contextValue: operation.context,
      hideSuggestions: !steps.isIntrospectable,
    };
    const planned = await inPhase('context', timing, () => prepare(operation, args));
    const result = await inPhase('execute', timing, () =>
      isSubscription(operation) ? subscribeTo(operation, args) : executePlanned(planned, operation.answerSize),
    );
    return masked(result, maskError, operation.deadline.signal);
  };

  /** Everything that is known, paid and there before the operation is executed. */
  const prepare = async (operation: Operation, args: ExecutionArgs): Promise<PlannedOperation> => {
    const { request, context, deadline } = operation;
    if (isSubscription(operation)) {
      operation.formats = formatsOfEvents(request);
      assertAcceptsEvents(request);
      deadline.lift();
    }
    operation.multipart?.bind(deadline);
    const identified = steps.viewers.identify(operation);
    if (identified) await identified;
    const planned = planOperation(args, request, steps.planOf);
    // A subscription waits for events most of the time.
    const turn = isSubscription(operation) ? undefined : steps.turns.take(context);
    if (turn) await turn;
    const variables = planned.args.variableValues.coerced;
    operation.charge = steps.charges.take(keyOf(context), { plan: planned.cost, variables });
    operation.charge.assertTaken();
    steps.addSources(operation, planned);
    return planned;
  };

  const subscribeTo = async (operation: Operation, args: ExecutionArgs): Promise<Result> => {
    const result = await subscribe(args, operation.answerSize);
    if (!isParts(result)) return result;
    const parts = steps.viewers.whileSignedIn(operation, result);
    return replica ? noted(parts, replica, operation.context.client.key) : parts;
  };

  const answer = async (operation: Operation): Promise<Result> => {
    const result = await run(operation).catch((error: unknown) => toResult(error, maskError));
    steps.timings.decide(operation);
    // Here the span of the operation is active.
    if (isParts(result)) return inThisRequest(reportParts(operation, result, steps));
    return reportResult(operation, result, steps);
  };

  return events ? (operation) => events.publish(operation, () => answer(operation)) : answer;
}

/** Events come from what others have written: the subscriber must not read older rows afterwards. */
async function* noted(parts: AsyncIterable<Part>, replica: Replica, key: string): AsyncGenerator<Part> {
  for await (const part of parts) {
    await replica.noteWrite(key);
    yield part;
  }
}

function toResult(error: unknown, maskError: MaskError): Part {
  return { errors: error instanceof Refused ? error.errors : [maskError(error)] };
}
