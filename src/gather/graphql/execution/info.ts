import type {
  FieldNode,
  GraphQLObjectType,
  GraphQLOutputType,
  GraphQLResolveInfo,
  ResponsePath,
  ValidatedExecutionArgs,
} from 'graphql';
import type { Scope } from './scope.ts';
import type { Field } from './selection.ts';
import type { Signals } from './signals.ts';

/** What a resolver may know of its field. Nothing is worked out before it is read. Its members are inherited, not its own. */
export class ResolveInfo implements GraphQLResolveInfo {
  readonly #args: ValidatedExecutionArgs;
  readonly #signals: Signals;
  readonly #scope: Scope;
  readonly #field: Field;
  readonly #index: number;
  #path: ResponsePath | undefined;

  constructor(args: ValidatedExecutionArgs, signals: Signals, scope: Scope, field: Field, index: number) {
    this.#args = args;
    this.#signals = signals;
    this.#scope = scope;
    this.#field = field;
    this.#index = index;
  }

  get fieldName(): string {
    return this.#field.name;
  }

  get fieldNodes(): readonly FieldNode[] {
    return this.#field.nodes;
  }

  get returnType(): GraphQLOutputType {
    return this.#field.definition.type;
  }

  get parentType(): GraphQLObjectType {
    return this.#field.parentType;
  }

  /** Whether the elements of the field's list are delivered as they come. */
  get isStreamed(): boolean {
    return this.#field.stream !== undefined;
  }

  get path(): ResponsePath {
    this.#path ??= {
      prev: this.#scope.pathOf(this.#index),
      key: this.#field.key,
      typename: this.#field.parentType.name,
    };
    return this.#path;
  }

  get schema(): GraphQLResolveInfo['schema'] {
    return this.#args.schema;
  }

  get fragments(): GraphQLResolveInfo['fragments'] {
    return this.#args.fragmentDefinitions;
  }

  get rootValue(): unknown {
    return this.#args.rootValue;
  }

  get operation(): GraphQLResolveInfo['operation'] {
    return this.#args.operation;
  }

  get variableValues(): GraphQLResolveInfo['variableValues'] {
    return this.#args.variableValues;
  }

  get getAbortSignal(): () => AbortSignal {
    return this.#signals.getAbortSignal;
  }

  get getAsyncHelpers(): GraphQLResolveInfo['getAsyncHelpers'] {
    return this.#signals.getAsyncHelpers;
  }
}

/** Whether the elements of a field's list are delivered as they come: `@stream` applies, and the client takes parts. */
export function isStreamed(info: GraphQLResolveInfo): boolean {
  return info instanceof ResolveInfo && info.isStreamed;
}
