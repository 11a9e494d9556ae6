import type { Connection, Edge } from '../database/connection.ts';

/** The resolvers of every `…Connection` type. */
export const connectionResolvers = {
  edges: <Row>(connection: Connection<Row>): Edge<Row>[] => connection.rows.map((node) => ({ node, connection })),
  nodes: <Row>(connection: Connection<Row>): Row[] => connection.rows,
  pageInfo: <Row>(connection: Connection<Row>) => ({
    hasNextPage: connection.hasNextPage,
    hasPreviousPage: connection.hasPreviousPage,
    startCursor: cursorOrNull(connection, connection.rows[0]),
    endCursor: cursorOrNull(connection, connection.rows.at(-1)),
  }),
  totalCount: <Row>(connection: Connection<Row>): Promise<number> => connection.totalCount(),
};

/** The resolvers of every `…Edge` type. */
export const edgeResolvers = {
  cursor: <Row>({ node, connection }: Edge<Row>): string => connection.cursorOf(node),
};

function cursorOrNull<Row>(connection: Connection<Row>, row: Row | undefined): string | null {
  return row === undefined ? null : connection.cursorOf(row);
}
