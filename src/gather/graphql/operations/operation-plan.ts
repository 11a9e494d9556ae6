import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isIntrospectionType,
  isListType,
  isObjectType,
  type ValidatedExecutionArgs,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Columns } from '../../database/columns.ts';
import { Leads } from '../../loaders/leads.ts';
import { forget, planOf as selectionOf } from '../execution/plan.ts';
import type { Field, Selection } from '../execution/selection.ts';
import { type ArgumentCost, argumentCostOf } from '../limits/argument-cost.ts';
import { type Size, type Sizing, sizingOf } from '../limits/size.ts';
import type { TableTypes } from '../owner-column.ts';
import { readingOf } from '../reads.ts';
import { TableSelections } from '../table-selection.ts';

/** What is known of an operation before it runs: derived from the selection that is executed, and kept with it. */
export interface OperationPlan {
  /** What it may cost. */
  cost: CostPlan;
  /** The columns of each table that it reads. */
  columns: Columns;
  /** What its rows lead to. */
  leads: Leads;
}

/**
 * The plan of an operation.
 * @param isIncremental whether @defer and @stream apply
 * @throws GraphQLError if an argument of a directive is invalid
 */
export type PlanOf = (args: ValidatedExecutionArgs, isIncremental: boolean) => OperationPlan;

/** The cost plan of a selection: what an object of each possible type may cost. */
export type CostPlan = readonly PlannedType[];

interface PlannedType {
  /** The sum of the leaf fields, if it is the same for each object. */
  fixed: number;
  /** The other fields. */
  fields: readonly PlannedField[];
}

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
  /** What that comes to, if it is the same for each of them. */
  fixedBelow?: number | undefined;
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

/** Of all plans that are kept, with fragments expanded: some 30 MB. */
const MAX_FIELDS = 20_000;

/** A plan, and the name under which its size counts. */
interface Kept {
  plan: OperationPlan;
  /** Weak: a plan lives no longer than its document. */
  ref: WeakRef<Selection>;
}

const one: Size = () => 1;

/**
 * Creates the function that plans operations. A plan is as large as the operation with fragments expanded, so check that
 * limit first.
 */
export function createPlanOf(schema: GraphQLSchema, tables: TableTypes): PlanOf {
  const plans = new WeakMap<Selection, Kept>();
  const sizes = new LRUCache<WeakRef<Selection>, true>({
    maxSize: MAX_FIELDS,
    dispose: (_, ref) => {
      const selection = ref.deref();
      if (selection) forget(selection);
    },
  });
  return (args, isIncremental) => {
    const selection = selectionOf(args, isIncremental);
    const kept = plans.get(selection);
    if (kept) {
      // It was used last.
      sizes.get(kept.ref);
      return kept.plan;
    }
    const planner = new Planner(schema, tables);
    const plan = planner.toPlan(selection);
    const ref = new WeakRef(selection);
    plans.set(selection, { plan, ref });
    sizes.set(ref, true, { size: planner.fields });
    // It is larger than all may be.
    if (!sizes.has(ref)) forget(selection);
    return plan;
  };
}

class Planner {
  readonly #schema: GraphQLSchema;
  readonly #tables: TableSelections;
  readonly #leads = new Leads();
  /** How many fields it has planned. */
  fields = 1;

  constructor(schema: GraphQLSchema, tables: TableTypes) {
    this.#schema = schema;
    this.#tables = new TableSelections(schema, tables);
  }

  toPlan(selection: Selection): OperationPlan {
    return { cost: this.#plan([selection]), columns: this.#tables.columns, leads: this.#leads };
  }

  /** @param selections on the possible types of an object */
  #plan(selections: readonly Selection[], enclosing?: Enclosing): CostPlan {
    const isOfOneType = selections.length === 1;
    return selections
      .map((it) => this.#toType(it, isOfOneType, enclosing))
      .filter(({ fixed, fields }) => fixed > 0 || fields.length > 0);
  }

  #toType({ fields, deferred }: Selection, isOfOneType: boolean, enclosing?: Enclosing): PlannedType {
    const planned = fields.flatMap((field) => this.#toField(field, enclosing));
    const later = deferred.flatMap(({ selection }) => selection.fields.flatMap((it) => this.#toField(it, enclosing)));
    // An answer does not tell which of several types an object has: the fields that it has are counted.
    const isFixed = ({ points }: PlannedField) => isOfOneType && points === 0 && !enclosing?.argumentCost;
    return {
      fixed: planned.filter(isFixed).reduce((sum, { weight }) => sum + weight({}), 0),
      fields: [...planned.filter((field) => !isFixed(field)), ...later],
    };
  }

  /** Empty if the field costs nothing. */
  #toField(field: Field, enclosing: Enclosing | undefined): PlannedField[] {
    const { key, parentType, definition } = field;
    this.fields++;
    this.#tables.add(parentType, definition);
    this.#addLeads(field);
    const types = this.#objectTypesOf(definition);
    const own = this.#weightOf(parentType, definition) + (types.length > 0 ? 0 : scalarPoints(parentType));
    const inherited = enclosing?.argumentCost;
    const price =
      (each: Size): Size =>
      (variables) =>
        own * each(variables) + (inherited?.(variables) ?? 0);
    const [type] = types;
    if (!type) return own > 0 || inherited ? [{ key, weight: price(one), points: 0, size: one, below: [] }] : [];
    const sizing = sizingOf(this.#schema, definition, field.node);
    const inside = { sizing, argumentCost: argumentCostOf(this.#schema, definition, field.node) };
    // The objects whose number its arguments set are created, whether they are selected or not.
    const weight = price(own > 0 && sizing.sizedFields ? sizing.size : one);
    const points = isIntrospectionType(type) ? introspectionPoints(this.#schema) : 1;
    const size = isListType(getNullableType(definition.type)) ? sizeOf(definition, sizing, enclosing?.sizing) : one;
    const elements = field.stream?.field ?? field;
    const below = this.#plan(
      types.map((it) => elements.selectionOf(it)),
      inside,
    );
    return [{ key, weight, points, size, below, fixedBelow: fixedCostOf(below) }];
  }

  #addLeads({ parentType, definition, resolve }: Field): void {
    const { leads } = readingOf(definition);
    const table = this.#tables.tableOf(parentType);
    if (leads && table) this.#leads.add(table, leads);
    if (!leads && resolve && !isMeta(definition)) this.#leads.addAny();
  }

  /** The types that the field's objects may have; none for a leaf. */
  #objectTypesOf(field: GraphQLField<unknown, unknown>): readonly GraphQLObjectType[] {
    const type = getNamedType(field.type);
    if (isAbstractType(type)) return this.#schema.getPossibleTypes(type);
    return isObjectType(type) ? [type] : [];
  }

  #weightOf(parentType: GraphQLObjectType, { astNode }: GraphQLField<unknown, unknown>): number {
    const cost = this.#schema.getDirective('cost');
    const weight = cost && astNode ? getDirectiveValues(cost, astNode)?.['weight'] : undefined;
    const own = typeof weight === 'number' ? weight : 0;
    return own + (parentType === this.#schema.getMutationType() ? MUTATION_WEIGHT : 0);
  }
}

function fixedCostOf(plan: CostPlan): number | undefined {
  return plan.some(({ fields }) => fields.length > 0) ? undefined : Math.max(0, ...plan.map(({ fixed }) => fixed));
}

/** Whether it is `__typename`. */
function isMeta({ name }: GraphQLField<unknown, unknown>): boolean {
  return name.startsWith('__');
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
