import type { ExecutionResult } from 'graphql';

/** The parts of an answer, the first of them changed. */
export async function* mapFirst(
  parts: AsyncIterable<ExecutionResult>,
  map: (part: ExecutionResult) => ExecutionResult,
): AsyncGenerator<ExecutionResult> {
  let isFirst = true;
  for await (const part of parts) {
    yield isFirst ? map(part) : part;
    isFirst = false;
  }
}
