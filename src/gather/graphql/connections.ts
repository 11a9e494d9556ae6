import type { Connection, Edge } from '../database/connection.ts';

/** The resolvers of every `…Connection` type. */
export const connectionResolvers = {
  edges: async <Row>(connection: Connection<Row>): Promise<Edge<Row>[]> => {
    const { rows } = await connection.read();
    return rows.map((node) => ({ node, connection }));
  },
  nodes: async <Row>(connection: Connection<Row>): Promise<Row[]> => (await connection.read()).rows,
  pageInfo: async <Row>(connection: Connection<Row>) => {
    const { rows, hasNextPage, hasPreviousPage } = await connection.read();
    const [first, last] = [rows[0], rows.at(-1)];
    return {
      hasNextPage,
      hasPreviousPage,
      startCursor: first ? connection.cursorOf(first) : null,
      endCursor: last ? connection.cursorOf(last) : null,
    };
  },
  totalCount: <Row>(connection: Connection<Row>): Promise<number> => connection.totalCount(),
};

/** The resolvers of every `…Edge` type. */
export const edgeResolvers = {
  cursor: <Row>({ node, connection }: Edge<Row>): string => connection.cursorOf(node),
};
