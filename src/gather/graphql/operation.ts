import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Maybe } from 'graphql-yoga';

/** What the hooks `onExecute` and `onSubscribe` are both given. */
export interface Operation<Context = unknown> {
  args: {
    schema: GraphQLSchema;
    document: DocumentNode;
    operationName?: Maybe<string>;
    variableValues?: Maybe<Readonly<Record<string, unknown>>>;
    hideSuggestions?: Maybe<boolean>;
    contextValue: Context;
  };
  setResultAndStopExecution(result: ExecutionResult): void;
}
