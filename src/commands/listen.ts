import { type AppConfig, createApp } from '../app.ts';
import { CommandError, type Stopping } from './command.ts';
import { whenAborted } from './stopping.ts';

/**
 * Runs the server until it is asked to end.
 * @param onListening is told the address
 * @throws CommandError where the address is taken or is not this machine's
 */
export async function listenUntilStopped(
  config: AppConfig,
  { stop, hurry }: Stopping,
  onListening: (url: string) => void,
): Promise<void> {
  const app = createApp(config);
  try {
    const { url } = await app.start().catch((error) => {
      throw toCommandError(error, config);
    });
    onListening(url);
    await whenAborted(stop);
    console.log('\nStopping: requests under way have 5 seconds. Ctrl-C again to cut them off.');
  } finally {
    await app.stop(hurry);
  }
}

function toCommandError(error: NodeJS.ErrnoException, { host, port }: AppConfig): Error {
  if (error.code === 'EADDRINUSE') {
    return new CommandError(`Port ${port} on ${host} is taken. Set PORT to another one, or to 0 for any that is free.`);
  }
  if (error.code === 'EACCES')
    return new CommandError(`This user may not listen on port ${port}. Set PORT to another.`);
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return new CommandError(`HOST is ${host}, which is no address of this machine.`);
  }
  return error;
}
