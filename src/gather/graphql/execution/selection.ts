import {
  defaultFieldResolver,
  type FieldNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLStreamDirective,
  getArgumentValues,
  getDirectiveValues,
  type SelectionSetNode,
  type VariableValues,
  visit,
} from 'graphql';
import { collect, type Defer, type Selected, type Terms } from './collect.ts';
import { toRuntimeType } from './runtime-type.ts';
import { type Shape, toShape } from './shape.ts';
import { PUNCTUATION_BYTES } from './size.ts';

export type Arguments = Readonly<Record<string, unknown>>;

/** An object of the response. */
export type Answer = Record<string, unknown>;

/**
 * Resolves a field for all parents that are resolved together. It returns a value, an Error or a promise for each parent, in
 * their order, or a promise of all of them. A field has it as `extensions.resolveAll`; it takes the place of `resolve`.
 *
 * @param info of the first parent: the others differ in `path` only
 */
export type ResolveAll = (
  parents: readonly unknown[],
  args: Arguments,
  context: unknown,
  info: GraphQLResolveInfo,
) => readonly unknown[] | PromiseLike<readonly unknown[]>;

type Defers = ReadonlySet<Defer>;

/** So many answers are copies before their literal is compiled: V8 keeps compiled code longer than the document is kept. */
const MAX_COPIES = 1000;

/** What is selected on objects of one type in one place. */
export class Selection {
  readonly type: GraphQLObjectType;
  readonly fields: readonly Field[];
  /** The @defers that begin here, outer ones first. */
  readonly defers: readonly Defer[];
  /** What is delivered later, with the @defers that deliver it. */
  readonly deferred: readonly { readonly defers: Defers; readonly selection: Selection }[];
  /** An object with all keys in their order, to be copied. */
  readonly #template: Answer;
  #copies = 0;
  #compiled: (() => Answer) | undefined;

  constructor(
    type: GraphQLObjectType,
    fields: readonly Field[],
    defers: readonly Defer[] = [],
    deferred: Selection['deferred'] = [],
  ) {
    this.type = type;
    this.fields = fields;
    this.#template = Object.fromEntries(fields.map(({ key }) => [key, undefined]));
    this.defers = defers;
    this.deferred = deferred;
  }

  /** An object with all keys in their order. */
  createAnswer(): Answer {
    if (this.#compiled) return this.#compiled();
    this.#copies++;
    if (this.#copies === MAX_COPIES) this.#compiled = compileLiteral(Object.keys(this.#template));
    return { ...this.#template };
  }
}

/** A field of a selection, with all that is known of it before it is executed. */
export class Field {
  readonly key: string;
  readonly name: string;
  readonly parentType: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly nodes: readonly FieldNode[];
  readonly shape: Shape;
  /** What its key takes in the response. */
  readonly keyBytes: number;
  /** Undefined for the default resolver. */
  readonly resolve: GraphQLFieldResolver<unknown, unknown> | undefined;
  readonly resolveAll: ResolveAll | undefined;
  readonly #terms: Terms;
  readonly #selected: readonly Selected[];
  readonly #defers: Defers;
  readonly #selections = new Map<GraphQLObjectType, Selection>();
  /** What was selected on the last object: most fields have objects of one type. */
  #last: Selection | undefined;
  readonly #runtimeTypes = new Map<unknown, GraphQLObjectType>();
  readonly #isConstant: boolean;
  #arguments: Arguments | undefined;
  #stream: { readonly usage: StreamUsage | undefined } | undefined;

  constructor(
    terms: Terms,
    key: string,
    parentType: GraphQLObjectType,
    definition: GraphQLField<unknown, unknown>,
    selected: readonly Selected[],
    defers: Defers,
  ) {
    this.key = key;
    this.name = definition.name;
    this.parentType = parentType;
    this.definition = definition;
    this.nodes = selected.map(({ node }) => node);
    this.shape = toShape(definition.type);
    this.keyBytes = key.length + PUNCTUATION_BYTES;
    this.resolve = definition.resolve === defaultFieldResolver ? undefined : definition.resolve;
    this.resolveAll = resolveAllOf(definition);
    this.#terms = terms;
    this.#selected = selected;
    this.#defers = defers;
    this.#isConstant = !this.node.arguments?.some(hasVariables);
  }

  /** The first of the nodes: all have the same arguments. */
  get node(): FieldNode {
    return (this.#selected[0] as Selected).node;
  }

  /**
   * Its arguments: always the same object if they have no variables.
   * @throws GraphQLError if they are invalid
   */
  argumentsWith(variables: VariableValues): Arguments {
    if (this.#arguments) return this.#arguments;
    const { hideSuggestions } = this.#terms;
    const values = getArgumentValues(this.definition, this.node, variables, undefined, hideSuggestions);
    if (this.#isConstant) this.#arguments = values;
    return values;
  }

  /**
   * What is selected on its objects of a type.
   * @throws GraphQLError if an argument of a directive is invalid
   */
  selectionOf(type: GraphQLObjectType): Selection {
    if (this.#last?.type === type) return this.#last;
    let selection = this.#selections.get(type);
    if (!selection) {
      const sets = this.#selected.flatMap(({ node, defer }) =>
        node.selectionSet ? { set: node.selectionSet, defer } : [],
      );
      selection = toSelection(this.#terms, type, sets, this.#defers);
      this.#selections.set(type, selection);
    }
    this.#last = selection;
    return selection;
  }

  /**
   * The object type of a name that was given for a value of an abstract type.
   * @throws GraphQLError if it is none of its types
   */
  runtimeType(name: unknown, abstractType: GraphQLAbstractType, value: unknown): GraphQLObjectType {
    let type = this.#runtimeTypes.get(name);
    if (!type) {
      type = toRuntimeType(this, this.#terms, name, abstractType, value);
      this.#runtimeTypes.set(name, type);
    }
    return type;
  }

  /**
   * How its list is streamed, if it is.
   * @throws GraphQLError if an argument of @stream is invalid
   */
  get stream(): StreamUsage | undefined {
    this.#stream ??= { usage: this.#terms.isIncremental ? this.#toStream() : undefined };
    return this.#stream.usage;
  }

  #toStream(): StreamUsage | undefined {
    const values = getDirectiveValues(GraphQLStreamDirective, this.node, this.#terms.variables);
    if (!values || values['if'] === false) return undefined;
    const initialCount = values['initialCount'];
    if (typeof initialCount !== 'number' || initialCount < 0) {
      const message = `Expected an \`initialCount\` of 0 or more for @stream, got ${initialCount}.`;
      throw new GraphQLError(message, { nodes: this.nodes, extensions: { code: 'BAD_USER_INPUT' } });
    }
    const selected = this.#selected.map(({ node }) => ({ node, defer: undefined }));
    const field = new Field(this.#terms, this.key, this.parentType, this.definition, selected, new Set());
    return { initialCount, label: typeof values['label'] === 'string' ? values['label'] : undefined, field };
  }
}

/** A @stream that applies to a field. */
export interface StreamUsage {
  readonly initialCount: number;
  readonly label: string | undefined;
  /** The field for the elements that are delivered later: a @defer around the field does not apply to them. */
  readonly field: Field;
}

/** @throws GraphQLError if an argument of a directive is invalid */
export function toSelection(
  terms: Terms,
  type: GraphQLObjectType,
  sets: readonly { readonly set: SelectionSetNode; readonly defer: Defer | undefined }[],
  parents: Defers = new Set(),
): Selection {
  const { fields, defers } = collect(terms, type, sets);
  const own: Field[] = [];
  const deferred: { defers: Defers; fields: Field[] }[] = [];
  for (const [key, selected] of fields) {
    const definition = terms.schema.getField(type, (selected[0] as Selected).node.name.value);
    if (!definition) continue;
    const usages = defersOf(selected);
    const field = new Field(terms, key, type, definition, selected, usages);
    if (isSame(usages, parents)) own.push(field);
    else {
      const group = deferred.find((it) => isSame(it.defers, usages));
      if (group) group.fields.push(field);
      else deferred.push({ defers: usages, fields: [field] });
    }
  }
  return new Selection(
    type,
    own,
    defers,
    deferred.map((it) => ({ defers: it.defers, selection: new Selection(type, it.fields) })),
  );
}

/** The @defers that deliver a field: none if it is also selected without, and outer ones instead of those inside them. */
function defersOf(selected: readonly Selected[]): Defers {
  const all = new Set(selected.flatMap(({ defer }) => defer ?? []));
  if (selected.some(({ defer }) => !defer)) return new Set();
  return new Set([...all].filter((defer) => !hasParentIn(all, defer)));
}

function hasParentIn(defers: Defers, { parent }: Defer): boolean {
  return parent !== undefined && (defers.has(parent) || hasParentIn(defers, parent));
}

function isSame(one: Defers, other: Defers): boolean {
  return one.size === other.size && one.isSubsetOf(other);
}

function hasVariables(node: Parameters<typeof visit>[0]): boolean {
  let found = false;
  visit(node, {
    Variable: () => {
      found = true;
    },
  });
  return found;
}

function resolveAllOf({ extensions }: GraphQLField<unknown, unknown>): ResolveAll | undefined {
  return (extensions as { resolveAll?: ResolveAll }).resolveAll;
}

/** An object of a literal takes less memory than a copy of a template, and less time to print as JSON. */
function compileLiteral(keys: readonly string[]): () => Answer {
  // Without brackets, `__proto__` would set the prototype.
  const members = keys.map((key) => `${key === '__proto__' ? `['${key}']` : key}: undefined`);
  return new Function(`return { ${members.join(', ')} }`) as () => Answer;
}
