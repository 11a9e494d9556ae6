import type { App, AppDefinition } from '../app.ts';
import { urlSetting } from '../config.ts';
import type { Command } from './command.ts';
import { toListenError } from './listen.ts';
import { listenToSignals, whenAborted } from './stopping.ts';

/** The example services only. */
export const services = (app: App, startExamples: NonNullable<AppDefinition['startExamples']>): Command => ({
  summary: `runs the ${Object.keys(app.services).length} example services only.`,
  settings: {
    'SERVICES_PORT=4100': 'the first of consecutive ports; 0 for any free ones',
    'HOST=127.0.0.1': 'where they listen',
  },

  async run({ HOST: host, SERVICES_PORT: firstPort }) {
    const { stop } = listenToSignals();
    const examples = await startExamples({ firstPort, host }).catch((error) => {
      throw toListenError(error, host, 'SERVICES_PORT');
    });
    for (const [name, url] of Object.entries(examples.urls)) console.log(`${urlSetting(name)}=${url}`);
    await whenAborted(stop);
    await examples.close();
  },
});
