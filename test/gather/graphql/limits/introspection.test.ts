import {
  executeSync,
  extendSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  parse,
  type ValidatedExecutionArgs,
  validate,
  validateExecutionArgs,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { actualCost, requestedCost } from '../../../../src/gather/graphql/limits/cost.ts';
import { createPlanOf } from '../../../../src/gather/graphql/operations/operation-plan.ts';
import { TEST_LIMITS } from '../../../helpers/app.ts';
import { TEST_TABLES } from '../../../helpers/database.ts';
import { schema } from '../../../helpers/schema.ts';
import { library } from '../../library/index.ts';

const FULL = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  schemaDescription: true,
  inputValueDeprecation: true,
  oneOf: true,
});

describe.each([0, 45, 400, 1000])('with %i more types', (count) => {
  const larger = withMoreTypes(count);

  test('the whole schema can be asked for', () => {
    const { requested, actual } = costOf(larger, FULL);
    expect(requested).toBeLessThan(TEST_LIMITS.maxCost * 0.8);
    expect(actual).toBeGreaterThan(0);
    expect(actual).toBeLessThanOrEqual(requested);
    expect(JSON.stringify(executeSync({ schema: larger, document: parse(FULL) })).length).toBeLessThan(
      TEST_LIMITS.answerMaxBytes,
    );
  });

  test('what is nested costs as much as in a small one, or is refused', () => {
    const twice = '{ __schema { types { fields { type { fields { name args { type { name } } } } } } } }';
    expect(costOf(larger, twice).requested).toBeGreaterThan(300);
    const thrice = '{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }';
    expect(validate(larger, parse(thrice))).toMatchObject([{ message: 'Maximum introspection depth exceeded' }]);
  });

  test('to ask again and again costs more each time', () => {
    const often = Array.from(
      { length: 50 },
      (_, i) => `a${i}: __schema { types { fields { name args { name } type { name } } } }`,
    );
    expect(costOf(larger, `{ ${often.join(' ')} }`).requested).toBeGreaterThan(TEST_LIMITS.maxCost);
  });
});

function withMoreTypes(count: number): GraphQLSchema {
  if (count === 0) return schema;
  const types = Array.from(
    { length: count },
    (_, i) =>
      `"One more type." type More${i} { "A number." a(x: Int): Int "A text." b: String! "Others." c: [More0!]! }`,
  );
  return extendSchema(schema, parse(types.join('\n')));
}

function costOf(of: GraphQLSchema, source: string) {
  const document = parse(source);
  const args = validateExecutionArgs({ schema: of, document }) as ValidatedExecutionArgs;
  const { cost: plan } = createPlanOf(of, { ...library, ...TEST_TABLES })(args, false);
  return { requested: requestedCost(plan, {}), actual: actualCost(plan, executeSync({ schema: of, document }), {}) };
}
