import {
  type DirectiveNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLDeferDirective,
  type GraphQLDirective,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  type VariableValues,
} from 'graphql';

/** What the selections of an operation are compiled with. */
export interface Terms {
  readonly schema: GraphQLSchema;
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** The variables of @skip, @include, @defer and @stream. */
  readonly variables: VariableValues;
  readonly hideSuggestions: boolean;
  /** Whether @defer and @stream apply. */
  readonly isIncremental: boolean;
}

/** A @defer that applies to the fields of a selection. */
export interface Defer {
  readonly label: string | undefined;
  /** The @defer around it. */
  readonly parent: Defer | undefined;
  readonly directive: DirectiveNode;
}

/** One of the places where a field is selected. */
export interface Selected {
  readonly node: FieldNode;
  readonly defer: Defer | undefined;
}

/** The fields selected on objects of one type, by response key. */
export interface Collected {
  readonly fields: ReadonlyMap<string, readonly Selected[]>;
  /** The @defers that begin here, outer ones first. */
  readonly defers: readonly Defer[];
}

/**
 * Collects the fields that selection sets select on objects of a type.
 * @throws GraphQLError if an argument of a directive is invalid
 */
export function collect(
  terms: Terms,
  type: GraphQLObjectType,
  selectionSets: readonly { readonly set: SelectionSetNode; readonly defer: Defer | undefined }[],
): Collected {
  const collector = new Collector(terms, type);
  for (const { set, defer } of selectionSets) collector.add(set, defer);
  return collector;
}

class Collector implements Collected {
  readonly fields = new Map<string, Selected[]>();
  readonly defers: Defer[] = [];
  readonly #terms: Terms;
  readonly #type: GraphQLObjectType;
  /** The @defers under which each fragment was spread; undefined stands for none. */
  readonly #spread = new Map<string, Set<DirectiveNode | undefined>>();

  constructor(terms: Terms, type: GraphQLObjectType) {
    this.#terms = terms;
    this.#type = type;
  }

  add(set: SelectionSetNode, defer: Defer | undefined): void {
    for (const selection of set.selections) if (this.#isIncluded(selection)) this.#addSelection(selection, defer);
  }

  #addSelection(selection: SelectionNode, defer: Defer | undefined): void {
    if (selection.kind === Kind.FIELD) {
      const key = (selection.alias ?? selection.name).value;
      const selected = this.fields.get(key);
      if (selected) selected.push({ node: selection, defer });
      else this.fields.set(key, [{ node: selection, defer }]);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      if (!this.#applies(selection)) return;
      const own = this.#deferOf(selection, defer);
      if (own) this.defers.push(own);
      this.add(selection.selectionSet, own ?? defer);
    } else {
      const name = selection.name.value;
      const fragment = this.#terms.fragments[name];
      if (!fragment || !this.#applies(fragment)) return;
      const own = this.#deferOf(selection, defer);
      if (!this.#isNew(name, own ?? defer)) return;
      if (own) this.defers.push(own);
      this.add(fragment.selectionSet, own ?? defer);
    }
  }

  /** A fragment that is spread without @defer needs no other spread. */
  #isNew(fragment: string, defer: Defer | undefined): boolean {
    const spread = this.#spread.get(fragment) ?? new Set();
    this.#spread.set(fragment, spread);
    if (spread.has(undefined) || spread.has(defer?.directive)) return false;
    spread.add(defer?.directive);
    return true;
  }

  #isIncluded(node: SelectionNode): boolean {
    if (!node.directives?.length) return true;
    if (this.#valuesOf(GraphQLSkipDirective, node)?.['if'] === true) return false;
    return this.#valuesOf(GraphQLIncludeDirective, node)?.['if'] !== false;
  }

  #deferOf(node: SelectionNode, parent: Defer | undefined): Defer | undefined {
    if (!this.#terms.isIncremental) return undefined;
    const directive = node.directives?.find(({ name }) => name.value === GraphQLDeferDirective.name);
    const values = directive && this.#valuesOf(GraphQLDeferDirective, node);
    if (!values || values['if'] === false) return undefined;
    const label = values['label'];
    return { label: typeof label === 'string' ? label : undefined, parent, directive };
  }

  #valuesOf(directive: GraphQLDirective, node: SelectionNode): Readonly<Record<string, unknown>> | undefined {
    const { variables, hideSuggestions } = this.#terms;
    return getDirectiveValues(directive, node, variables, undefined, hideSuggestions);
  }

  #applies({ typeCondition }: InlineFragmentNode | FragmentDefinitionNode): boolean {
    if (!typeCondition || typeCondition.name.value === this.#type.name) return true;
    const type = this.#terms.schema.getType(typeCondition.name.value);
    return isAbstractType(type) && this.#terms.schema.isSubType(type, this.#type);
  }
}
