import {
  type Expression,
  OperationNodeTransformer,
  PrimitiveValueListNode,
  type RawBuilder,
  type SqlBool,
  ValueNode,
} from 'kysely';
import { builder } from './builder.ts';
import { param } from './statement.ts';

/** Refers to a column of the row that is tested, in a subquery too. */
export type ColumnReference<Column extends string = string> = (column: Column) => RawBuilder<unknown>;

/** The part of a `Where` that an application writes in SQL. */
export class SqlCondition {
  readonly #build: (column: ColumnReference) => RawBuilder<SqlBool>;

  constructor(build: (column: ColumnReference) => RawBuilder<SqlBool>) {
    this.#build = build;
  }

  /**
   * Its SQL with params in place of its values, so that one prepared statement serves them all.
   * @param nameOf gives a value to a param and returns the param's name
   */
  toTemplate(
    column: ColumnReference,
    nameOf: (value: unknown) => string,
  ): { shape: string; condition: Expression<SqlBool> } {
    const given = this.#build(column);
    const node = new ValuesToParams(nameOf).transformNode(given.toOperationNode());
    const condition: Expression<SqlBool> = { expressionType: undefined, toOperationNode: () => node };
    return { shape: `sql(${given.compile(builder).sql})`, condition };
  }
}

class ValuesToParams extends OperationNodeTransformer {
  readonly #nameOf: (value: unknown) => string;

  constructor(nameOf: (value: unknown) => string) {
    super();
    this.#nameOf = nameOf;
  }

  protected override transformValue(node: ValueNode): ValueNode {
    return node.immediate ? node : ValueNode.create(param(this.#nameOf(node.value)));
  }

  /** The list of `eb('isbn', 'in', isbns)`. */
  protected override transformPrimitiveValueList({ values }: PrimitiveValueListNode): PrimitiveValueListNode {
    return PrimitiveValueListNode.create(values.map((value) => param(this.#nameOf(value))));
  }
}
