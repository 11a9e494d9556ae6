/** The limits of one request and one viewer. */
export interface Limits {
  /** Largest JSON body. */
  bodyMaxBytes: number;
  /** Largest response, or part of an incremental one. */
  answerMaxBytes: number;
  /** Longest text of an operation. */
  queryMaxBytes: number;
  /** Most lexer tokens of an operation's text, and most fields with fragments expanded. */
  maxTokens: number;
  /** Deepest nesting of fields. */
  maxDepth: number;
  /**
   * Most aliases, with fragments expanded. `__typename` counts like any field, and a field repeated in the same place like
   * one with an alias.
   */
  maxAliases: number;
  /** Most directives, with fragments expanded. */
  maxDirectives: number;
  /** Most points of one operation. */
  maxCost: number;
  /** Most points that a viewer can have. */
  costBucket: number;
  /** Points that a viewer regains per second. */
  costRestoredPerSecond: number;
  /** Operations of one viewer that run at a time. */
  maxOperationsPerViewer: number;
}
