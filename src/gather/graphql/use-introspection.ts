import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type ValidationContext,
  type ValidationRule,
  validate,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { withoutValues } from '../errors.ts';

/** What ScalarLeafsRule adds, whether suggestions are to be hidden or not. */
const SUGGESTION = / Did you mean .*\?$/s;

/**
 * Keeps the schema to those who have it, where it is not to be asked for: `__schema` and `__type` are refused, and no
 * message says which name may have been meant. No message says which values a document has, either way.
 */
export function useIntrospection(isOn: boolean): Plugin {
  const options = { hideSuggestions: !isOn };
  const toShown = (error: GraphQLError) =>
    withoutValues(isOn ? error : withoutSuggestion(error), 'GRAPHQL_VALIDATION_FAILED');
  const validateQuietly = (schema: GraphQLSchema, document: DocumentNode, rules?: readonly ValidationRule[]) =>
    validate(schema, document, rules, options).map(toShown);
  return {
    onValidate({ addValidationRule, setValidationFn }) {
      if (!isOn) addValidationRule(NoIntrospectionRule);
      setValidationFn(validateQuietly);
    },
    onExecute({ args }) {
      Object.assign(args, options);
    },
    onSubscribe({ args }) {
      Object.assign(args, options);
    },
  };
}

function withoutSuggestion(error: GraphQLError): GraphQLError {
  const message = error.message.replace(SUGGESTION, '');
  return message === error.message ? error : new GraphQLError(message, error);
}

function NoIntrospectionRule(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      const name = node.name.value;
      if (name !== '__schema' && name !== '__type') return;
      const message = `Expected no question about the schema, got ${name}: introspection is off.`;
      const extensions = { code: 'INTROSPECTION_DISABLED' };
      context.reportError(new GraphQLError(message, { nodes: node, extensions }));
    },
  };
}
