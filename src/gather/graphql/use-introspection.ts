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

/** ScalarLeafsRule adds this even if suggestions are hidden. */
const SUGGESTION = / Did you mean .*\?$/s;

/**
 * Hides the schema if introspection is off: `__schema` and `__type` are refused, and messages suggest no names. On or off,
 * messages never repeat values of the document.
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
      const message = `Expected no introspection, got ${name}: it is turned off (INTROSPECTION).`;
      const extensions = { code: 'INTROSPECTION_DISABLED' };
      context.reportError(new GraphQLError(message, { nodes: node, extensions }));
    },
  };
}
