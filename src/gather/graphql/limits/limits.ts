/** How much one request, and one viewer, may ask for. */
export interface Limits {
  /** Of a body of JSON. */
  bodyMaxBytes: number;
  /** Of an answer, or of a part of one. */
  answerMaxBytes: number;
  /** Of the text of an operation. */
  queryMaxBytes: number;
  /** Of the text of an operation, as the lexer of GraphQL counts them; of its fields also once fragments are put in place. */
  maxTokens: number;
  /** How deep fields may be nested. */
  maxDepth: number;
  /**
   * Once fragments are put where they are used; `__typename` counts like any field, and a field that is written again in
   * the same place like one with an alias.
   */
  maxAliases: number;
  /** Once fragments are put where they are used. */
  maxDirectives: number;
  /** Points of one operation. */
  maxCost: number;
  /** Points that a viewer has at most. */
  costBucket: number;
  /** Points that a viewer gets back. */
  costRestoredPerSecond: number;
}
