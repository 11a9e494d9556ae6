import type { Connection, Edge, PageOfRows } from '../database/connection.ts';
import { endOf } from '../loaders/next-batch.ts';

type AnyConnection = Connection<unknown>;

/** The field of the connection leads to its rows, and to their number. */
const KNOWN = { leads: [] };

/** The resolvers of every `…Connection` type. */
export const connectionResolvers = {
  edges: ofPage(({ rows }, connection) => rows.map((row) => connection.edgeOf(row))),
  nodes: ofPage(({ rows }) => rows),
  pageInfo: ofPage(({ rows, hasNextPage, hasPreviousPage }, connection) => ({
    hasNextPage,
    hasPreviousPage,
    startCursor: rows.length > 0 ? connection.cursorOf(rows[0]) : null,
    endCursor: rows.length > 0 ? connection.cursorOf(rows.at(-1)) : null,
  })),
  totalCount: { resolve: (connection: AnyConnection): Promise<number> => connection.totalCount(), extensions: KNOWN },
};

/** The resolvers of every `…Edge` type. */
export const edgeResolvers = {
  cursor: { resolve: <Row>({ node, connection }: Edge<Row>): string => connection.cursorOf(node), extensions: KNOWN },
};

/** A field that is part of a connection's page. */
function ofPage<Value>(toValue: (page: PageOfRows<unknown>, connection: AnyConnection) => Value) {
  const toPart = (connection: AnyConnection): Value | Error => {
    const page = connection.find();
    return page instanceof Error ? page : toValue(page, connection);
  };
  const resolveAll = (connections: readonly AnyConnection[]): Promise<(Value | Error)[]> =>
    endOf(new Set(connections.map((connection) => connection.load()))).then(() => connections.map(toPart));
  return {
    resolve: async (connection: AnyConnection): Promise<Value> => toValue(await connection.read(), connection),
    extensions: { ...KNOWN, resolveAll },
  };
}
