import {
  type ASTVisitor,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  specifiedRules,
  type ValidationContext,
  validate,
} from 'graphql';
import { findExceededLimits } from '../limits/exceeded-limits.ts';
import type { Limits } from '../limits/limits.ts';
import { Refused, toInvalid } from '../limits/refusal.ts';

/** ScalarLeafsRule adds this even if suggestions are hidden. */
const SUGGESTION = / Did you mean .*\?$/s;

interface ValidationOptions {
  limits: Limits;
  /** If not, `__schema` and `__type` are refused, and messages suggest no names. */
  isIntrospectable: boolean;
}

/** Checks a document. @throws Refused with what is wrong, in messages that do not repeat its values */
export type ValidateDocument = (document: DocumentNode) => void;

/**
 * Creates the function that checks documents: their limits first, because some rules of validation take quadratic time. A
 * valid document is remembered; an invalid one is not, because its errors may take more memory than the document.
 */
export function createValidateDocument(
  schema: GraphQLSchema,
  { limits, isIntrospectable }: ValidationOptions,
): ValidateDocument {
  const valid = new WeakSet<DocumentNode>();
  const rules = isIntrospectable ? specifiedRules : [...specifiedRules, NoIntrospectionRule];
  const options = { hideSuggestions: !isIntrospectable };
  const toShown = (error: GraphQLError) =>
    toInvalid(isIntrospectable ? error : withoutSuggestion(error), 'GRAPHQL_VALIDATION_FAILED');
  return (document) => {
    if (valid.has(document)) return;
    const exceeded = findExceededLimits(document, limits);
    if (exceeded.length > 0) throw new Refused(...exceeded);
    const errors = validate(schema, document, rules, options);
    if (errors.length > 0) throw new Refused(...errors.map(toShown));
    valid.add(document);
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
