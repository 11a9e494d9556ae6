import { startExampleServices } from '../example-services/index.ts';
import type { Command } from './command.ts';
import { CommandError } from './command.ts';
import { whenAborted } from './stopping.ts';

/** The example services by themselves. */
export const services: Command = {
  summary: 'runs the five example services only.',
  help: `Settings, from the environment:
  SERVICES_PORT=4100           the first of five ports in a row; 0 for any that are free
  HOST=127.0.0.1               where they listen`,

  async run(config, { stop }) {
    const options = { firstPort: config.SERVICES_PORT, host: config.HOST };
    const examples = await startExampleServices(options).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new CommandError(`A port from ${config.SERVICES_PORT} on is taken. Set SERVICES_PORT to another one.`);
    });
    for (const [name, url] of Object.entries(examples.urls)) console.log(`${name.toUpperCase()}_URL=${url}`);
    await whenAborted(stop);
    await examples.close();
  },
};
