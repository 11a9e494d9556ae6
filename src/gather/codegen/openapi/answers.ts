import type { JsonSchema } from '../../services/contract.ts';
import { type Node, nodesIn, type OpenApiDocument, Unsupported } from './document.ts';
import type { Schemas } from './json-schemas.ts';
import { findJson, typesOf } from './media-types.ts';

/**
 * The schemas of successful answers by status, null for one without a body. `2XX` is any success.
 * @throws Unsupported if they have bodies, but none in JSON
 */
export function findAnswers(
  document: OpenApiDocument,
  schemas: Schemas,
  { operation, method }: { operation: Node; method: string },
): Record<string, JsonSchema | null> {
  const responses = responsesOf(document, operation);
  const successes = responses.filter(([status]) => status.startsWith('2'));
  // What `default` describes is a success only if nothing else is.
  const fallback = responses.filter(([status]) => status === 'DEFAULT').map(([, it]) => ['2XX', it] as const);
  const others: string[] = [];
  const answers: Record<string, JsonSchema | null> = {};
  for (const [status, { content }] of successes.length > 0 ? successes : fallback) {
    const json = findJson(content);
    if (nodesIn(content).length === 0 || method === 'HEAD') answers[status] = null;
    else if (json) answers[status] = schemas.convert(json.schema, 'answer');
    else others.push(typesOf(content));
  }
  if (Object.keys(answers).length > 0) return answers;
  if (others.length > 0) throw new Unsupported(`it answers with ${others}, not JSON`);
  return { '2XX': null };
}

/** What statuses of failure mean, in the words of the file. */
export function findFailures(document: OpenApiDocument, operation: Node): Record<string, string> {
  const failures = responsesOf(document, operation).filter(([status]) => /^[345]\d\d$/.test(status));
  return Object.fromEntries(failures.map(([status, { description = '' }]) => [status, sentence(`${description}`)]));
}

function responsesOf(document: OpenApiDocument, operation: Node): [status: string, Node][] {
  return nodesIn(operation['responses']).map(([status, it]) => [status.toUpperCase(), document.resolve(it)]);
}

/** Without the full stop and line breaks, to be quoted. */
function sentence(text: string): string {
  return text.trim().replace(/\.$/, '').replaceAll(/\s+/g, ' ');
}
