import { listenToSignals, whenAborted } from '../../src/gather/commands/stopping.ts';
import { createWorker } from '../../src/gather/worker.ts';
import { fixture } from './fixture.ts';
import { napTasks } from './tasks.ts';
import { toWorkerConfig } from './worker.ts';

/** `gather work` with the tasks for tests: a worker to be killed and frozen. */
const { DATABASE_URL = '', SUPERVISE_SECONDS = '' } = process.env;
const { stop, force } = listenToSignals();
const worker = createWorker(
  { ...fixture.app, tasks: napTasks, schedules: [] },
  { ...toWorkerConfig(DATABASE_URL), logFormat: 'json', superviseSeconds: Number(SUPERVISE_SECONDS) },
);
await worker.start();
console.log('The worker is ready.');
await whenAborted(stop);
await worker.stop(force);
