import type { ExecutionResult } from 'graphql';
import type { CostPlan, PlannedField } from '../operations/operation-plan.ts';
import { type Failures, failuresOf } from './failures.ts';
import type { Size, Variables } from './size.ts';

const one: Size = () => 1;

/** An error takes as much CPU time as ten objects (`bench/points.ts`). */
export const ERROR_POINTS = 10;

/** The maximum cost of an operation, estimated before it runs; `Number.MAX_SAFE_INTEGER` at most. */
export function requestedCost(plan: CostPlan, variables: Variables): number {
  return wholePoints(costOfSelection(plan, variables));
}

/**
 * The cost of the objects in a result and of the fields that were run for it. If an error below a field made it null, it
 * is unknown how much had run: the field costs its requested cost. A field that failed itself has run nothing below it.
 * If the errors cost more than all of that, the result costs as much as they; it may be more than was requested.
 */
export function actualCost(plan: CostPlan, result: ExecutionResult, variables: Variables): number {
  return Math.max(costOfData(plan, result, variables), ERROR_POINTS * (result.errors?.length ?? 0));
}

function costOfData(plan: CostPlan, { data, errors = [] }: ExecutionResult, variables: Variables): number {
  // Nothing has run.
  if (data === undefined) return 0;
  if (data === null) return requestedCost(plan, variables);
  return wholePoints(costOfObject(plan, data, variables, failuresOf(errors)));
}

/** Rounds up. Tenths do not add up exactly in binary: without the small subtrahend, 30 of them would make 4. */
function wholePoints(points: number): number {
  return Math.ceil(points - 1e-6);
}

function costOfSelection(plan: CostPlan, variables: Variables): number {
  let most = 0;
  for (const { fixed, fields } of plan) {
    let sum = fixed;
    for (const { weight, points, size, below } of fields) {
      sum += weight(variables);
      // Capped, because 0 times infinity would be NaN.
      if (points > 0) sum += capped(size(variables)) * (points + costOfSelection(below, variables));
    }
    most = Math.max(most, capped(sum));
  }
  return most;
}

function capped(value: number): number {
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

/** The result need not tell the type of an object: the most expensive possible type counts. */
function costOfObject(plan: CostPlan, object: unknown, variables: Variables, failures: Failures | undefined): number {
  const values = object as Record<string, unknown>;
  let most = 0;
  for (const { fixed, fields } of plan) {
    let sum = fixed;
    for (const field of fields) {
      const value = values[field.key];
      if (value === undefined) continue;
      sum += field.weight(variables) + costOfValue(field, value, variables, failures?.below.get(field.key));
    }
    most = Math.max(most, sum);
  }
  return most;
}

/** @param size the most objects that the value can have */
function costOfValue(
  field: PlannedField,
  value: unknown,
  variables: Variables,
  failures: Failures | undefined,
  size = field.size,
): number {
  const { points, below, fixedBelow } = field;
  if (points === 0) return 0;
  if (value === null) {
    const hasBegun = failures && (failures.isStopped || failures.below.size > 0);
    return hasBegun ? capped(size(variables)) * (points + costOfSelection(below, variables)) : 0;
  }
  if (!Array.isArray(value)) return points + (fixedBelow ?? costOfObject(below, value, variables, failures));
  let sum = 0;
  for (let index = 0; index < value.length; index++) {
    // An element that is null was looked for too, such as an ID of no object.
    sum += Math.max(points, costOfValue(field, value[index], variables, failures?.below.get(index), one));
  }
  return sum;
}
