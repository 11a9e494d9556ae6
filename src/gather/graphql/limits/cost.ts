import type { ExecutionResult } from 'graphql';
import type { CostPlan, PlannedField } from '../operation-plan.ts';
import { type Failures, failuresOf } from './failures.ts';
import type { Size, Variables } from './size.ts';

const one: Size = () => 1;

/** What an operation costs at most, as far as it tells. More than can be counted is `Number.MAX_SAFE_INTEGER`. */
export function requestedCost(plan: CostPlan, variables: Variables): number {
  return wholePoints(costOfSelection(plan, variables));
}

/**
 * What the objects cost that are in a result, and the fields that were run for it. Where an error below a field took its
 * value away, nobody knows how far it had come: it costs what it asked for. One that failed itself has run nothing below.
 */
export function actualCost(plan: CostPlan, { data, errors }: ExecutionResult, variables: Variables): number {
  if (data === null) return requestedCost(plan, variables);
  return wholePoints(costOfObject(plan, data ?? {}, variables, failuresOf(errors)));
}

/** Tenths do not add up exactly in binary: without the small part that this takes away, 30 of them would be 4. */
function wholePoints(points: number): number {
  return Math.ceil(points - 1e-6);
}

function costOfSelection(plan: CostPlan, variables: Variables): number {
  let most = 0;
  for (const fields of plan) {
    let sum = 0;
    for (const { weight, points, size, below } of fields) {
      sum += weight(variables);
      // A size is at most as large as a product may be: nothing times infinity would be no number.
      if (points > 0) sum += capped(size(variables)) * (points + costOfSelection(below, variables));
    }
    most = Math.max(most, capped(sum));
  }
  return most;
}

function capped(value: number): number {
  return Math.min(value, Number.MAX_SAFE_INTEGER);
}

/** Which of its types an object is of need not be in the result: it is taken for the one that costs most. */
function costOfObject(plan: CostPlan, object: unknown, variables: Variables, failures: Failures | undefined): number {
  const values = object as Record<string, unknown>;
  let most = 0;
  for (const fields of plan) {
    let sum = 0;
    for (const field of fields) {
      const value = values[field.key];
      if (value === undefined) continue;
      sum += field.weight(variables) + costOfValue(field, value, variables, failures?.below.get(field.key));
    }
    most = Math.max(most, sum);
  }
  return most;
}

/** @param size how many objects it would have at most */
function costOfValue(
  field: PlannedField,
  value: unknown,
  variables: Variables,
  failures: Failures | undefined,
  size = field.size,
): number {
  const { points, below } = field;
  if (points === 0) return 0;
  if (value === null) {
    const hasBegun = failures && (failures.isStopped || failures.below.size > 0);
    return hasBegun ? capped(size(variables)) * (points + costOfSelection(below, variables)) : 0;
  }
  if (!Array.isArray(value)) return points + costOfObject(below, value, variables, failures);
  let sum = 0;
  for (const [index, item] of value.entries()) {
    sum += costOfValue(field, item, variables, failures?.below.get(index), one);
  }
  return sum;
}
