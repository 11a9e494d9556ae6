import { type FetchAPI, getSSEProcessor, processRegularResult } from 'graphql-yoga';
import { EVENTS, MULTIPART } from '../../http/accept.ts';
import type { Formats } from '../../http/formats.ts';
import { isParts, type Result } from './part.ts';
import { toMultipart } from './to-multipart.ts';

const toEvents = getSSEProcessor();

/**
 * Writes a result in a format that its client accepts. The status and further headers are in the `extensions.http` of the
 * result and its errors, which are left out.
 */
export function toResponse(
  result: Result,
  { whole, parts }: Formats,
  fetchAPI: FetchAPI,
): Response | Promise<Response> {
  const type = isParts(result) ? parts : whole;
  if (type === MULTIPART) return toMultipart(result, fetchAPI);
  return (type === EVENTS ? toEvents : processRegularResult)(result, fetchAPI, type);
}
