/** A JSON Schema, whose references point to the `definitions` of its contract: `#/definitions/Rating`. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The methods that a contract may have. */
export type Method = 'GET' | 'HEAD' | 'OPTIONS' | 'PUT' | 'DELETE' | 'POST' | 'PATCH';

/**
 * What an OpenAPI file says of a service. `npm run codegen` writes it.
 * @typeParam Api the types of its operations
 */
export interface Contract<Api = object> {
  readonly operations: Readonly<Record<keyof Api & string, OperationContract>>;
  readonly credentials: Readonly<Record<string, Credential>>;
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  /** Never there: it carries the types. */
  readonly api?: Api;
}

/** The types of an operation in a contract. */
export interface OperationTypes {
  request: object;
  response: unknown;
}

/** One operation of a service. */
export interface OperationContract {
  readonly method: Method;
  /** Below the URL of the service, with its parameters in braces: `/critics/{number}/opinion`. */
  readonly path: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: Body;
  /** The successful answers by status: the schema of the JSON body, or null if there is none. `2XX` is any other. */
  readonly answers: Readonly<Record<string, JsonSchema | null>>;
  /** What other statuses mean, in the words of the file. */
  readonly failures?: Readonly<Record<string, string>>;
  /** The credentials to send: all of one of these lists. An empty list is a request without any. */
  readonly security?: readonly (readonly string[])[];
}

/** The JSON body of a request. */
export interface Body {
  readonly mediaType: string;
  readonly isRequired: boolean;
  readonly schema: JsonSchema;
}

/** A parameter, and how its value becomes text. */
export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  /** As OpenAPI names them, and `json`. */
  readonly style: 'simple' | 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject' | 'json';
  readonly explode: boolean;
  readonly isRequired: boolean;
  readonly schema: JsonSchema;
}

/** A secret that a service asks for, and its place in the request. */
export type Credential =
  | { readonly kind: 'bearer' | 'basic' }
  | { readonly kind: 'apiKey'; readonly in: 'header' | 'query'; readonly name: string };
