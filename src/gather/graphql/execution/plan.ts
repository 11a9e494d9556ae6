import {
  type DirectiveNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type ValidatedExecutionArgs,
  type VariableValues,
  visit,
} from 'graphql';
import { type Selection, toSelection } from './selection.ts';

/** Most variants of one operation that are kept: each set of values of its directives' variables has its own. */
const MAX_VARIANTS = 16;
const INCREMENTAL = new Set(['defer', 'stream']);
const DIRECTIVES = new Set(['skip', 'include', ...INCREMENTAL]);

/** The plans of one operation. */
interface Plans {
  /** Names of the variables in directives that change the plan. */
  readonly variables: readonly string[];
  /** Whether the document has @defer or @stream. */
  readonly isIncremental: boolean;
  readonly variants: Map<string, Selection>;
}

/** By operation. Plans are as old as the document and the schema. */
type PlansOfDocument = WeakMap<GraphQLSchema, Map<OperationDefinitionNode, Plans>>;

const plansOfDocuments = new WeakMap<DocumentNode, PlansOfDocument>();
/** The place of each plan. */
const variantsOf = new WeakMap<Selection, Pick<Plans, 'variants'> & { variant: string }>();

/**
 * The selection on the root object of an operation. What is below is compiled when it is first executed. All executions of
 * the document share it, until it is forgotten.
 * @param isIncremental whether @defer and @stream apply
 * @throws GraphQLError if an argument of a directive is invalid, or the schema has no operations of this kind
 */
export function planOf(args: ValidatedExecutionArgs, isIncremental: boolean): Selection {
  const { variables: names, variants } = plansOf(args);
  const { schema, fragmentDefinitions: fragments, hideSuggestions, operation } = args;
  const variant = toVariant(args, names, isIncremental);
  let plan = variants.get(variant);
  if (!plan) {
    const variables = pick(args.variableValues, names);
    const terms = { schema, fragments, variables, hideSuggestions, isIncremental };
    plan = toSelection(terms, rootTypeOf(args), [{ set: operation.selectionSet, defer: undefined }]);
    const [oldest] = variants.keys();
    if (variants.size >= MAX_VARIANTS && oldest !== undefined) variants.delete(oldest);
    variants.set(variant, plan);
    variantsOf.set(plan, { variants, variant });
  }
  return plan;
}

/** Forgets a plan, which takes more than a kilobyte for each of its fields. It is compiled again when it is executed. */
export function forget(plan: Selection): void {
  const { variants, variant } = variantsOf.get(plan) ?? {};
  if (variant !== undefined && variants?.get(variant) === plan) variants.delete(variant);
}

/** Whether the result may come in parts: the document has @defer or @stream. */
export function mayComeInParts(args: ValidatedExecutionArgs): boolean {
  return plansOf(args).isIncremental;
}

function rootTypeOf({ schema, operation }: ValidatedExecutionArgs): GraphQLObjectType {
  const type = schema.getRootType(operation.operation);
  if (type) return type;
  const message = `Schema is not configured to execute ${operation.operation} operation.`;
  throw new GraphQLError(message, { nodes: operation });
}

function plansOf({ schema, document, operation }: ValidatedExecutionArgs): Plans {
  const ofDocument: PlansOfDocument = plansOfDocuments.get(document) ?? new WeakMap();
  plansOfDocuments.set(document, ofDocument);
  const ofSchema = ofDocument.get(schema) ?? new Map<OperationDefinitionNode, Plans>();
  ofDocument.set(schema, ofSchema);
  const plans = ofSchema.get(operation) ?? { ...directivesOf(document), variants: new Map() };
  ofSchema.set(operation, plans);
  return plans;
}

function directivesOf(document: DocumentNode): Pick<Plans, 'variables' | 'isIncremental'> {
  const names = new Set<string>();
  let isIncremental = false;
  const add = (directive: DirectiveNode) => {
    if (!DIRECTIVES.has(directive.name.value)) return;
    isIncremental ||= INCREMENTAL.has(directive.name.value);
    visit(directive, { Variable: ({ name }) => void names.add(name.value) });
  };
  visit(document, { Directive: add });
  return { variables: [...names], isIncremental };
}

function toVariant(args: ValidatedExecutionArgs, names: readonly string[], isIncremental: boolean): string {
  const { coerced } = args.variableValues;
  if (names.length === 0) return `${isIncremental} ${args.hideSuggestions}`;
  const values = names.map((name) => (name in coerced ? [coerced[name]] : []));
  return JSON.stringify([isIncremental, args.hideSuggestions, ...values]);
}

/** A plan outlives the request, and its other variables may be large. */
function pick({ sources, coerced }: VariableValues, names: readonly string[]): VariableValues {
  const only = <T>(values: Readonly<Record<string, T>>) =>
    Object.fromEntries(names.flatMap((name) => (name in values ? [[name, values[name] as T]] : [])));
  return { sources: only(sources), coerced: only(coerced) };
}
