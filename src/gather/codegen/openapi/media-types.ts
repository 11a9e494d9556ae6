import { isNode, nodesIn } from './document.ts';

/** JSON, what is built on it, and any type: that of a JSON API which does not say more. */
const JSON_TYPE = /^(?:\*\/\*|application\/(?:[^/]+\+)?json)\s*(?:;|$)/i;

/** The JSON among the media types of a body. */
export function findJson(content: unknown): { type: string; schema: unknown } | undefined {
  const [found] = nodesIn(content).filter(([type]) => JSON_TYPE.test(type));
  return found && { type: found[0], schema: found[1]['schema'] };
}

/** The media types of a body, as text. */
export function typesOf(content: unknown): string {
  return isNode(content) ? Object.keys(content).join(', ') : 'of no type';
}
