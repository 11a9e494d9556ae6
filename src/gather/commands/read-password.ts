import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandError } from './command.ts';

/**
 * A password: what is typed on the terminal, which does not show it, twice; or the first line of the standard input,
 * where that is no terminal.
 * @throws CommandError where none is given, or another one the second time
 */
export async function readPassword(): Promise<string> {
  const { stdin, stderr } = process;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // Before the first question, and until after the second: in between the terminal would show what is typed.
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
    if (!stdin.isTTY || (await ask('The same again: ')) === password) return password;
    throw new CommandError('Expected the same password twice, got two.');
  } finally {
    reader.close();
  }
}
