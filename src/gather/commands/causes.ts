/** The messages of an error's causes. */
export function causesOf({ cause }: Error): string[] {
  // Node tries each address of a host; the error for all of them has no message.
  const causes = cause instanceof AggregateError ? cause.errors : [cause];
  return causes.filter((error) => error instanceof Error).map(({ message }) => message);
}
