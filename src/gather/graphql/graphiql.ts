import { renderGraphiQL as render } from '@graphql-yoga/render-graphiql';
import { acceptOf, weightOfWhole } from '../http/accept.ts';

/**
 * A tab is left with an offset that comes into force when it gets the focus: pressed, it would move from under the
 * pointer, and the click would be lost.
 */
const STYLE = '<style>.graphiql-tab { transform: none !important; }</style>';

/**
 * Its client asks for parts of an answer without naming a format, but understands only that of 2022. Subscriptions come
 * as events.
 */
const ACCEPT =
  'application/graphql-response+json, application/json, multipart/mixed;deferSpec=20220824, text/event-stream';

/** So that the cookie of a session counts in subscriptions, which it sends by GET. */
const PREFLIGHT = { 'x-gather-preflight': '1' };

/** Whether a request wants a page at least as much as an answer of GraphQL. */
export function wantsPage(request: Request): boolean {
  const accept = acceptOf(request);
  const weight = accept.weightOf('text/html');
  return weight > 0 && weight >= weightOfWhole(accept);
}

/** GraphiQL's page, which loads nothing from another host; around two faults of @graphql-yoga/render-graphiql 5.24. */
export const renderGraphiQL: typeof render = (options) =>
  render({ ...options, additionalHeaders: { accept: ACCEPT, ...PREFLIGHT } }).replace('</head>', `${STYLE}</head>`);
