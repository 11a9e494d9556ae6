import { channel, tracingChannel } from 'node:diagnostics_channel';
import type { GraphQLResolveInfo } from 'graphql';
import type { Hide } from './hide-values.ts';
import type { Phase } from './timing.ts';

// What metrics and traces listen to, besides `calls`. Nothing is published while nobody listens.

/** An operation, from its parameters to the end of its last payload. Its properties become known on the way. */
export interface OperationEvent {
  /** `performance.now()`. */
  start: number;
  headers: Headers;
  type?: 'query' | 'mutation' | 'subscription';
  name?: string | undefined;
  /** The ID of its document, if that is trusted. */
  documentId?: string | undefined;
  /** Milliseconds. */
  phases?: Readonly<Record<Phase, number>>;
  /** Errors of all payloads. */
  errorCount: number;
  /** The first ten of them. */
  errors: OperationError[];
  /** In points; absent if it was refused before its cost was known. */
  cost?: OperationCost | undefined;
}

/** An error of an operation. Its message, which may quote a value of a variable, is for the client only. */
export interface OperationError {
  /** `catalogue.books[0].price`. */
  path?: string;
  code: string;
}

/** The cost of an operation in points. */
export interface OperationCost {
  requested: number;
  /** null if it was refused. */
  spent: number | null;
}

/** `start` runs the operation in the stores bound to it; `asyncEnd` is published once, at its end. */
export const operations = tracingChannel<OperationEvent, unknown>('gather:operation');

/** A phase of an operation. */
export interface PhaseEvent {
  phase: Phase;
}

/** `start` runs the phase in the stores bound to it; `asyncEnd` is published at its end. */
export const phases = tracingChannel<PhaseEvent, unknown>('gather:phase');

/** A run of a field's resolver. */
export interface FieldEvent {
  info: Pick<GraphQLResolveInfo, 'path' | 'fieldName' | 'parentType'>;
}

/** `start` runs the resolver in the stores bound to it; `asyncEnd` is published when its result is there. */
export const fields = tracingChannel<FieldEvent, unknown>('gather:field');

/** A load of one key. */
export interface LoadEvent {
  loader: string;
  /** Whether the key was loaded, or is being loaded, already. */
  isHit: boolean;
  /** Identifies the loader. */
  cache: object;
}

export const loads = channel<LoadEvent, unknown>('gather:load');

/** A batch of a loader. */
export interface BatchEvent {
  loader: string;
  keys: number;
  /** Identifies the loader. */
  cache: object;
}

/** `start` runs the batch in the stores bound to it. */
export const batches = tracingChannel<BatchEvent, unknown>('gather:batch');

/** A call to a service that is about to be made. */
export interface RequestEvent {
  name: string;
  method: string;
  origin: string;
  /** Listeners add headers. */
  headers: Record<string, string>;
}

/** Runs the call in the stores bound to it. */
export const requests = channel<RequestEvent, unknown>('gather:request');

/** A job that is about to be enqueued. */
export interface EnqueueEvent {
  /** Travels with the job to its worker: listeners add headers of trace context. */
  trace?: Record<string, string>;
}

export const enqueues = channel<EnqueueEvent, unknown>('gather:enqueue');

/** A run of a job; `result` is its outcome. */
export interface JobEvent extends EnqueueEvent {
  task: string;
  jobId: string;
  /** `failed` will be retried. */
  result?: 'completed' | 'failed' | 'deadletter';
}

/** `start` runs the job in the stores bound to it. */
export const jobs = tracingChannel<JobEvent, unknown>('gather:job');

/** A fault of the program, or a job that failed. */
export interface FaultEvent {
  error: unknown;
  /** Whether the same work will be tried again. */
  willRetry: boolean;
  /** Removes the values of its operation or job from a text. */
  hide: Hide;
}

export const faults = channel<FaultEvent, unknown>('gather:fault');

/** Bytes of files that a request has brought. */
export interface UploadEvent {
  bytes: number;
  /** Whether all of the request's bytes arrived and were accepted. */
  isComplete: boolean;
}

export const uploads = channel<UploadEvent, unknown>('gather:upload');
