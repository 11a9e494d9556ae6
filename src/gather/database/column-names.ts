import { type CompiledQuery, type Expression, ExpressionWrapper, PostgresQueryCompiler, RawNode } from 'kysely';

/** The names in the database of columns that have another one in the code: `{ releaseYear: 'release_year' }`. */
export type ColumnNames = { readonly [Field in string]?: string };

/** The name in the code of each column that has another one in the database. */
export type FieldNames = ReadonlyMap<string, string>;

interface NamingNode extends RawNode {
  readonly columns: ColumnNames;
}

/** An expression without text, which tells the compiler the names of a table's columns. */
export function naming(columns: ColumnNames): Expression<unknown> {
  const node: NamingNode = { ...RawNode.create([''], []), columns };
  return new ExpressionWrapper(node);
}

/**
 * Compiles to PostgreSQL. In a statement over tables whose columns have other names in the code, writes the names of the
 * database, and says which fields the result's columns are. The names of such tables must be one-to-one.
 */
export class RenamingCompiler extends PostgresQueryCompiler {
  readonly #columns = new Map<string, string>();

  override compileQuery(...[node, queryId]: Parameters<PostgresQueryCompiler['compileQuery']>): CompiledQuery {
    this.#columns.clear();
    const compiled = super.compileQuery(node, queryId);
    if (this.#columns.size === 0) return compiled;
    // The tables come after the columns that are selected from them, so it is compiled again with all names known.
    const fields: FieldNames = new Map([...this.#columns].map(([field, column]) => [column, field]));
    return { ...super.compileQuery(node, queryId), fields } as CompiledQuery;
  }

  protected override visitRaw(node: RawNode): void {
    if ('columns' in node) {
      for (const [field, column] of Object.entries((node as NamingNode).columns)) {
        if (column !== undefined) this.#columns.set(field, column);
      }
    }
    super.visitRaw(node);
  }

  protected override sanitizeIdentifier(name: string): string {
    return super.sanitizeIdentifier(this.#columns.get(name) ?? name);
  }
}

/** The fields of a compiled statement's result; undefined if each has the name of its column. */
export function fieldsOf(compiled: object): FieldNames | undefined {
  return 'fields' in compiled ? (compiled.fields as FieldNames) : undefined;
}
