import { registerHooks } from 'node:module';

/** For `node --import`: prints the packages that a program has loaded when it ends. */
const IN_PACKAGE = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/;
const found = new Set<string>();

registerHooks({
  load(url, context, nextLoad) {
    const [, name] = IN_PACKAGE.exec(url) ?? [];
    if (name !== undefined) found.add(name);
    return nextLoad(url, context);
  },
});

process.on('exit', () => console.log(`Packages: ${[...found].sort().join(' ')}`));
