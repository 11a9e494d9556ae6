import type { GraphQLSchema } from 'graphql';
import { createYoga, type GraphiQLOptions, type Plugin } from 'graphql-yoga';
import type { Readiness } from '../http/readiness.ts';
import type { ServerContext } from '../http/server-context.ts';
import { useHealth } from '../http/use-health.ts';
import { arrival } from '../monitoring/request-id.ts';
import { toTotal } from '../monitoring/server-timing.ts';
import { renderGraphiQL, wantsPage } from './graphiql.ts';
import type { AnswerRequest } from './operations/answer-request.ts';
import { NO_STORE } from './operations/cache-headers.ts';

interface YogaOptions {
  schema: GraphQLSchema;
  answerRequest: AnswerRequest;
  checkReadiness: () => Promise<Readiness>;
  /** Undefined for none. */
  graphiql: GraphiQLOptions | undefined;
}

/** Matches no URL: health checks are answered by `useHealth`, not by Yoga. */
const NO_ENDPOINT = ' ';

/** Creates the Yoga server, which serves GraphiQL, and has `answerRequest` answer all other requests. */
export function createYogaServer({ schema, answerRequest, checkReadiness, graphiql }: YogaOptions) {
  return createYoga<ServerContext>({
    schema,
    plugins: [useHealth(checkReadiness), useAnswers(answerRequest)],
    parserAndValidationCache: false,
    healthCheckEndpoint: NO_ENDPOINT,
    graphiql: graphiql !== undefined && ((request) => wantsPage(request) && graphiql),
    renderGraphiQL,
    logging: false,
    cors: false,
    multipart: false,
    landingPage: false,
    maxRequestBodySize: false,
  });
}

function useAnswers(answerRequest: AnswerRequest): Plugin<object, ServerContext> {
  return {
    onRequest({ fetchAPI, setRequestHandler }) {
      setRequestHandler((request, context) => answerRequest(request, context, fetchAPI));
    },
    onResponse({ response: { headers } }) {
      // Of anything but a result: a refusal, a probe, GraphiQL.
      if (headers.has('server-timing')) return;
      headers.set('Server-Timing', toTotal({ elapsed: performance.now() - arrival() }));
      headers.set('Cache-Control', NO_STORE['Cache-Control']);
    },
  };
}
