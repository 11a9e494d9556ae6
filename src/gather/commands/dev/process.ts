import { enableCompileCache } from 'node:module';
import { type Message, received } from './messages.ts';
import { importedFolders, recordImports } from './packages.ts';

/** The program of the process in which `dev` runs a server. It imports packages while it waits for something to load. */

enableCompileCache();
recordImports();

const leave = () => process.exit();
process.once('disconnect', leave);
const loading = received(process, 'load');
const { packages } = await received(process, 'warm');
// The program reports what cannot be imported.
for (const url of packages) await import(url).catch(() => {});
process.send?.({ type: 'warmed', folders: importedFolders() } satisfies Message);

const { main } = await loading;
process.off('disconnect', leave);
await import(main);
