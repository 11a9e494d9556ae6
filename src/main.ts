import { runCommand } from 'gather/commands';
import { smokehouse } from './smokehouse/index.ts';

await runCommand(smokehouse, process.argv.slice(2));
