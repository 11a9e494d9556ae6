import type { Command } from '../../gather/commands/command.ts';
import { toListenError } from '../../gather/commands/listen.ts';
import { listenToSignals, whenAborted } from '../../gather/commands/stopping.ts';
import { startExampleServices } from './index.ts';

/** The example services by themselves. */
export const services: Command = {
  summary: 'runs the five example services only.',
  help: `Settings, from the environment:
  SERVICES_PORT=4100           the first of five ports in a row; 0 for any that are free
  HOST=127.0.0.1               where they listen`,

  async run({ HOST: host, SERVICES_PORT: firstPort }) {
    const { stop } = listenToSignals();
    const examples = await startExampleServices({ firstPort, host }).catch((error) => {
      throw toListenError(error, host, 'SERVICES_PORT');
    });
    for (const [name, url] of Object.entries(examples.urls)) console.log(`${name.toUpperCase()}_URL=${url}`);
    await whenAborted(stop);
    await examples.close();
  },
};
