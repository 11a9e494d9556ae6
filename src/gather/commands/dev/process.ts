import { enableCompileCache } from 'node:module';
import { type Message, received } from './messages.ts';
import { recordPackages } from './packages.ts';

/** The program of the process in which `dev` runs a server. It imports the packages while it waits for something to load. */

enableCompileCache();
recordPackages();

process.on('message', async (message: Message) => {
  // The program reports what cannot be imported.
  if (message.type === 'warm') for (const url of message.packages) await import(url).catch(() => {});
});

const { main } = await received(process, 'load');
await import(main);
