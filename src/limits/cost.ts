import type { Plan, PlannedField } from './plan.ts';
import type { Variables } from './size.ts';

/** What an operation costs at most, as far as it tells. More than can be counted is `Number.MAX_SAFE_INTEGER`. */
export function requestedCost(plan: Plan, variables: Variables): number {
  return Math.ceil(costOfSelection(plan, variables));
}

/** What the objects cost that are in a result, and the fields that were run for it. */
export function actualCost(plan: Plan, data: unknown, variables: Variables): number {
  return Math.ceil(costOfObject(plan, data, variables));
}

function costOfSelection(plan: Plan, variables: Variables): number {
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
function costOfObject(plan: Plan, object: unknown, variables: Variables): number {
  const values = object as Record<string, unknown>;
  let most = 0;
  for (const fields of plan) {
    let sum = 0;
    for (const field of fields) {
      const value = values[field.key];
      if (value !== undefined) sum += field.weight(variables) + costOfValue(field, value, variables);
    }
    most = Math.max(most, sum);
  }
  return most;
}

function costOfValue(field: PlannedField, value: unknown, variables: Variables): number {
  if (value === null || field.points === 0) return 0;
  if (!Array.isArray(value)) return field.points + costOfObject(field.below, value, variables);
  let sum = 0;
  for (const item of value) sum += costOfValue(field, item, variables);
  return sum;
}
