import type { GraphiQLRenderer } from 'graphql-yoga';
import { acceptOf, weightOfWhole } from '../http/accept.ts';

/**
 * GraphiQL leaves an offset on a tab that applies when the tab gets the focus: it would move away under the pressed
 * pointer, and the click would be lost.
 */
const STYLE = '<style>.graphiql-tab { transform: none !important; }</style>';

/**
 * GraphiQL's client requests incremental delivery without naming a format, but understands only that of 2022.
 * Subscriptions use server-sent events.
 */
const ACCEPT =
  'application/graphql-response+json, application/json, multipart/mixed;deferSpec=20220824, text/event-stream';

/** Makes the session cookie count for subscriptions, which GraphiQL sends by GET. */
const PREFLIGHT = { 'x-gather-preflight': '1' };

/** Whether a request prefers HTML to a GraphQL response, or accepts both equally. */
export function wantsPage(request: Request): boolean {
  const accept = acceptOf(request);
  const weight = accept.weightOf('text/html');
  return weight > 0 && weight >= weightOfWhole(accept);
}

/**
 * Renders GraphiQL, which loads nothing from other hosts. Its 9 MB are in memory from the first page on. Works around two
 * bugs of @graphql-yoga/render-graphiql 5.24.
 */
export const renderGraphiQL: GraphiQLRenderer = async (options) => {
  const { renderGraphiQL: render } = await import('@graphql-yoga/render-graphiql');
  const page = render({ ...options, additionalHeaders: { accept: ACCEPT, ...PREFLIGHT } });
  return page.replace('</head>', `${STYLE}</head>`);
};
