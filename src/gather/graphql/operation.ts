import type { DocumentNode, ExecutionResult, GraphQLSchema } from 'graphql';
import type { Maybe } from 'graphql-yoga';

/** The payload that the hooks `onExecute` and `onSubscribe` have in common. */
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
