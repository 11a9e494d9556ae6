import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandError } from './command.ts';

/**
 * Reads a password: typed twice on a terminal, without echo; otherwise the first line of the standard input.
 * @throws CommandError if it is missing, or the two differ
 */
export async function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // One reader for both questions: the terminal would echo what is typed between two readers.
  const reader = createInterface({ input: stdin, output: nowhere, terminal: stdin.isTTY });
  const lines = reader[Symbol.asyncIterator]();
  const ask = async (question: string): Promise<string> => {
    if (stdin.isTTY) stderr.write(question);
    const { value, done } = await lines.next();
    if (stdin.isTTY) stderr.write('\n');
    if (done) throw new CommandError('Expected a password, got none.');
    return value;
  };
  try {
    const password = await ask('Password: ');
    if (!stdin.isTTY || (await ask('Repeat the password: ')) === password) return password;
    throw new CommandError('Expected the same password twice, got two different ones.');
  } finally {
    reader.close();
  }
}
