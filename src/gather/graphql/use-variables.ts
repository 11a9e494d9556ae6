import { GraphQLError, getOperationAST, getVariableValues } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { withoutValues } from '../errors.ts';
import type { Operation } from './operation.ts';

const MAX_ERRORS = 20;
/** Each error quotes the whole invalid value, before that is removed again. */
const MAX_CHARACTERS_FOR_MANY = 10_000;
/** https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json */
const HTTP = { status: 400, spec: true };

type Variables = Record<string, unknown>;

/**
 * Refuses variables that do not match their types, with up to 20 errors. For large variables only the first error is
 * reported; the executor would collect fifty.
 */
export function useVariables(): Plugin {
  const check = ({ args, setResultAndStopExecution: stop }: Operation) => {
    const { schema, document, operationName, variableValues, hideSuggestions } = args;
    const definitions = getOperationAST(document, operationName)?.variableDefinitions ?? [];
    if (definitions.length === 0) return;
    const variables = variableValues ?? {};
    const findErrors = (maxErrors: number) =>
      getVariableValues(schema, definitions, variables, { maxErrors, hideSuggestions: hideSuggestions ?? false })
        .errors;
    const first = findErrors(1)?.slice(0, 1);
    if (first) stop({ errors: ((isShort(variables) && findErrors(MAX_ERRORS)) || first).map(toRefusal) });
  };
  return { onExecute: check, onSubscribe: check };
}

/** Stops counting at the limit: to print a megabyte takes ten milliseconds. */
function isShort(variables: Variables): boolean {
  let left = MAX_CHARACTERS_FOR_MANY;
  const count = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) {
      left -= typeof value === 'string' ? value.length : 1;
      return;
    }
    for (const name of Object.keys(value)) {
      if (left < 0) return;
      left -= name.length;
      count(Reflect.get(value, name));
    }
  };
  count(variables);
  return left >= 0;
}

function toRefusal(error: GraphQLError): GraphQLError {
  const { message, nodes, extensions } = withoutValues(error);
  return new GraphQLError(message, { nodes: nodes ?? null, extensions: { ...extensions, http: HTTP } });
}
