import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  getOperationAST,
  isAbstractType,
  isCompositeType,
  isIntrospectionType,
  isListType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Columns } from '../database/columns.ts';
import { type ArgumentCost, argumentCostOf } from './limits/argument-cost.ts';
import { type Size, type Sizing, sizingOf } from './limits/size.ts';
import { TableSelections, type TableTypes } from './table-selection.ts';

/** What is known of an operation before it runs: computed in one walk, and cached with its document. */
interface OperationPlan {
  /** What it may cost. */
  cost: CostPlan;
  /** The columns of each table that it reads. */
  columns: Columns;
  /** Its @defer and @stream directives: always the same list for an operation. */
  incremental: readonly DirectiveNode[];
}

/** The plan of an operation of a valid document; undefined if the document has no operation of this name. */
export type PlanOf = (document: DocumentNode, operationName: string | null | undefined) => OperationPlan | undefined;

/** The cost plan of a selection: the fields of each possible type of its object. */
export type CostPlan = readonly (readonly PlannedField[])[];

/** A field that may cost something. */
export interface PlannedField {
  /** Its response name. */
  key: string;
  /** Cost of the field itself. */
  weight: Size;
  /** Cost of each of its objects; 0 for leaf types. */
  points: number;
  /** Most objects that it can have. */
  size: Size;
  /** The plan of each of its objects. */
  below: CostPlan;
}

/** What the fields of an object inherit from the field around them. */
interface Enclosing {
  sizing: Sizing;
  /** Added to the cost of each of them: its arguments, such as filters, apply to them. */
  argumentCost: ArgumentCost | undefined;
}

const MUTATION_WEIGHT = 10;
const SCALAR_POINTS = 0.1;
/** Introspection is cheap: the schema is in memory. */
const INTROSPECTION_POINTS = 0.1;
/** A schema with more types than this costs no more to introspect than one with this many. */
const INTROSPECTION_TYPES = 100;

const one: Size = () => 1;
const INCREMENTAL = new Set(['defer', 'stream']);

/**
 * Creates the function that plans operations. A plan is as large as the operation with fragments expanded, so check that
 * limit first.
 */
export function createPlanOf(schema: GraphQLSchema, tables: TableTypes): PlanOf {
  const plans = new WeakMap<OperationDefinitionNode, OperationPlan>();
  return (document, operationName) => {
    const operation = getOperationAST(document, operationName);
    if (!operation) return undefined;
    let plan = plans.get(operation);
    if (!plan) {
      plan = new Planner(schema, tables, document, operation).toPlan();
      plans.set(operation, plan);
    }
    return plan;
  };
}

class Planner {
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #tables: TableSelections;
  readonly #directives = new Set<DirectiveNode>();

  constructor(
    schema: GraphQLSchema,
    tables: TableTypes,
    { definitions }: DocumentNode,
    operation: OperationDefinitionNode,
  ) {
    this.#schema = schema;
    this.#operation = operation;
    this.#fragments = new Map(
      definitions.filter((it) => it.kind === Kind.FRAGMENT_DEFINITION).map((it) => [it.name.value, it]),
    );
    this.#tables = new TableSelections(schema, tables);
  }

  toPlan(): OperationPlan {
    const root = this.#schema.getRootType(this.#operation.operation);
    const cost = root ? this.#plan(root, [this.#operation.selectionSet]) : [];
    const directives = [...this.#directives];
    return {
      cost,
      columns: this.#tables.columns,
      incremental: directives.filter(({ name }) => INCREMENTAL.has(name.value)),
    };
  }

  #plan(type: GraphQLCompositeType, selectionSets: readonly SelectionSetNode[], enclosing?: Enclosing): CostPlan {
    const types = isAbstractType(type) ? this.#schema.getPossibleTypes(type) : [type];
    return types
      .map((it) =>
        [...this.#collect(it, selectionSets)].flatMap(([key, nodes]) => this.#toField(it, key, nodes, enclosing)),
      )
      .filter((fields) => fields.length > 0);
  }

  /** Collects the fields selected on an object of this type, by response name. */
  #collect(
    type: GraphQLObjectType,
    selectionSets: readonly SelectionSetNode[],
  ): Map<string, [FieldNode, ...FieldNode[]]> {
    const fields = new Map<string, [FieldNode, ...FieldNode[]]>();
    const spread = new Set<string>();
    const add = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        for (const directive of selection.directives ?? []) this.#directives.add(directive);
        if (selection.kind === Kind.FIELD) {
          const key = (selection.alias ?? selection.name).value;
          const nodes = fields.get(key);
          if (nodes) nodes.push(selection);
          else fields.set(key, [selection]);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          if (this.#applies(selection.typeCondition?.name.value, type)) add(selection.selectionSet);
        } else if (!spread.has(selection.name.value)) {
          spread.add(selection.name.value);
          const fragment = this.#fragments.get(selection.name.value);
          if (fragment && this.#applies(fragment.typeCondition.name.value, type)) add(fragment.selectionSet);
        }
      }
    };
    selectionSets.forEach(add);
    return fields;
  }

  #applies(condition: string | undefined, type: GraphQLObjectType): boolean {
    if (!condition || condition === type.name) return true;
    const conditional = this.#schema.getType(condition);
    return isAbstractType(conditional) && this.#schema.isSubType(conditional, type);
  }

  /** Empty if the field costs nothing. Nodes of one key have the same arguments. */
  #toField(
    parentType: GraphQLObjectType,
    key: string,
    nodes: readonly [FieldNode, ...FieldNode[]],
    enclosing: Enclosing | undefined,
  ): PlannedField[] {
    const field = this.#schema.getField(parentType, nodes[0].name.value);
    if (!field) return [];
    this.#tables.add(parentType, field);
    const type = getNamedType(field.type);
    const own = this.#weightOf(parentType, field) + (isCompositeType(type) ? 0 : scalarPoints(parentType));
    const inherited = enclosing?.argumentCost;
    const price =
      (each: Size): Size =>
      (variables) =>
        own * each(variables) + (inherited?.(variables) ?? 0);
    if (!isCompositeType(type))
      return own > 0 || inherited ? [{ key, weight: price(one), points: 0, size: one, below: [] }] : [];
    const sizing = sizingOf(this.#schema, this.#operation, field, nodes[0]);
    const below = { sizing, argumentCost: argumentCostOf(this.#schema, this.#operation, field, nodes[0]) };
    // The objects whose number its arguments set are created, whether they are selected or not.
    const weight = price(own > 0 && sizing.sizedFields ? sizing.size : one);
    const points = isIntrospectionType(type) ? introspectionPoints(this.#schema) : 1;
    const selectionSets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const size = isListType(getNullableType(field.type)) ? sizeOf(field, sizing, enclosing?.sizing) : one;
    return [{ key, weight, points, size, below: this.#plan(type, selectionSets, below) }];
  }

  #weightOf(parentType: GraphQLObjectType, { astNode }: GraphQLField<unknown, unknown>): number {
    const cost = this.#schema.getDirective('cost');
    const weight = cost && astNode ? getDirectiveValues(cost, astNode)?.['weight'] : undefined;
    const own = typeof weight === 'number' ? weight : 0;
    return own + (parentType === this.#schema.getMutationType() ? MUTATION_WEIGHT : 0);
  }
}

/** Scalars of introspection cost nothing; its objects already count. */
function scalarPoints(parentType: GraphQLObjectType): number {
  return isIntrospectionType(parentType) ? 0 : SCALAR_POINTS;
}

/**
 * Keeps full introspection affordable, however large the schema. GraphQL's own rule refuses deep nesting, and the limit of
 * the response stops one that is too large.
 */
function introspectionPoints(schema: GraphQLSchema): number {
  return INTROSPECTION_POINTS * Math.min(1, INTROSPECTION_TYPES / Object.keys(schema.getTypeMap()).length);
}

/** The size of a list; the enclosing field's @listSize takes precedence. */
function sizeOf({ name }: GraphQLField<unknown, unknown>, { size }: Sizing, parent: Sizing | undefined): Size {
  return parent?.sizedFields?.includes(name) ? parent.size : size;
}
