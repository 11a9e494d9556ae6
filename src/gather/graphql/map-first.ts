import type { ExecutionResult } from 'graphql';

/** Maps the first part of an incremental response, and passes the others through. */
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
