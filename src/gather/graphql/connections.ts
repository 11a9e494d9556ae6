import type { Connection, Edge, PageOfRows } from '../database/connection.ts';

type AnyConnection = Connection<unknown>;

/** The resolvers of every `…Connection` type. */
export const connectionResolvers = {
  edges: ofPage(({ rows }, connection) => rows.map((node): Edge<unknown> => ({ node, connection }))),
  nodes: ofPage(({ rows }) => rows),
  pageInfo: ofPage(({ rows, hasNextPage, hasPreviousPage }, connection) => ({
    hasNextPage,
    hasPreviousPage,
    startCursor: rows.length > 0 ? connection.cursorOf(rows[0]) : null,
    endCursor: rows.length > 0 ? connection.cursorOf(rows.at(-1)) : null,
  })),
  totalCount: (connection: AnyConnection): Promise<number> => connection.totalCount(),
};

/** The resolvers of every `…Edge` type. */
export const edgeResolvers = {
  cursor: <Row>({ node, connection }: Edge<Row>): string => connection.cursorOf(node),
};

/** A field that is part of a connection's page. */
function ofPage<Value>(toValue: (page: PageOfRows<unknown>, connection: AnyConnection) => Value) {
  const resolveAll = async (connections: readonly AnyConnection[]): Promise<unknown[]> => {
    const pages = await Promise.allSettled(connections.map((connection) => connection.read()));
    return pages.map((page, index) =>
      page.status === 'fulfilled' ? toValue(page.value, connections[index] as AnyConnection) : page.reason,
    );
  };
  return {
    resolve: async (connection: AnyConnection): Promise<Value> => toValue(await connection.read(), connection),
    extensions: { resolveAll },
  };
}
