/** How much one request, and one viewer, may ask for. */
export interface Limits {
  /** Largest JSON body. */
  bodyMaxBytes: number;
  /** Largest answer, or payload of an incremental one. */
  answerMaxBytes: number;
  /** Longest text of an operation. */
  queryMaxBytes: number;
  /** Most lexer tokens of an operation's text, and of its fields with fragments expanded. */
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
