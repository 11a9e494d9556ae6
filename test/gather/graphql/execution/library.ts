import DataLoader from 'dataloader';
import {
  type ExecutionArgs,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
} from 'graphql';

interface Author {
  id: string;
  name: string;
}

interface Book {
  id: string;
  title: string;
  authorId: string;
}

/** What the resolvers of a test read, and what they note. */
export class Shelf {
  /** Keys of each batch, in the order of the calls. */
  readonly batches: string[] = [];
  readonly authors = new DataLoader<string, Author>(async (ids) => {
    this.batches.push(`authors ${ids.join()}`);
    return ids.map((id) => ({ id, name: `author ${id}` }));
  });
  readonly booksOf = new DataLoader<string, Book[]>(async (ids) => {
    this.batches.push(`books of ${ids.join()}`);
    return ids.map((id) => [toBook(`${id}1`, id), toBook(`${id}2`, id)]);
  });
}

export function toBook(id: string, authorId: string): Book {
  return { id, title: `title ${id}`, authorId };
}

const author: GraphQLObjectType<Author, Shelf> = new GraphQLObjectType<Author, Shelf>({
  name: 'Author',
  fields: () => ({
    id: { type: new GraphQLNonNull(GraphQLID) },
    name: { type: GraphQLString },
    books: {
      type: new GraphQLList(new GraphQLNonNull(book)),
      resolve: ({ id }, _, { booksOf }) => booksOf.load(id),
    },
  }),
});

const book: GraphQLObjectType<Book, Shelf> = new GraphQLObjectType<Book, Shelf>({
  name: 'Book',
  fields: () => ({
    id: { type: new GraphQLNonNull(GraphQLID) },
    title: { type: new GraphQLNonNull(GraphQLString) },
    author: { type: author, resolve: ({ authorId }, _, { authors }) => authors.load(authorId) },
    stock: {
      type: GraphQLInt,
      extensions: {
        resolveAll: async (books: readonly Book[], _: unknown, { batches }: Shelf) => {
          batches.push(`stock of ${books.map(({ id }) => id).join()}`);
          return books.map(({ id }) => Number(id));
        },
      },
    },
  }),
});

/** A schema whose `books` are what `rootValue.books` returns. */
const schema = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: { books: { type: new GraphQLList(book) }, author: { type: author } },
  }),
});

export function toArgs(text: string, rootValue: unknown, shelf = new Shelf()): ExecutionArgs {
  return { schema, document: parse(text), rootValue, contextValue: shelf };
}
