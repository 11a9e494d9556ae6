import type { App } from '../app.ts';
import { add } from './add.ts';
import { check } from './check.ts';
import type { Command } from './command.ts';
import { dev } from './dev/dev.ts';
import { devServer } from './dev/server.ts';
import { init } from './init.ts';
import { migrate } from './migrate.ts';
import { newProject } from './new.ts';
import { runProgram } from './program.ts';
import { psql } from './psql.ts';
import { seed } from './seed.ts';
import { serve } from './serve.ts';
import { services } from './services.ts';
import { start } from './start.ts';
import { user } from './user.ts';
import { work } from './work.ts';

/**
 * Runs the command of an application that the arguments name, and ends the process soon afterwards.
 * @param args the command line after the program's name
 */
export async function runCommand(app: App, args: string[]): Promise<void> {
  await runProgram({ call: 'npm run gather --', commands: commandsOf(app), source: app }, args);
}

function commandsOf(app: App): Readonly<Record<string, Command>> {
  return {
    start: start(app),
    dev: dev(app),
    'dev-server': devServer(app),
    serve: serve(app),
    work: work(app),
    migrate: migrate(app),
    ...(app.seed && { seed: seed(app, app.seed) }),
    check: check(app),
    user: user(app),
    psql,
    init,
    new: newProject,
    add,
    ...(app.startExamples && { services: services(app, app.startExamples) }),
  };
}
