#!/usr/bin/env node

/** `npx gather`. What it imports, an older Node cannot parse. */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 24 || (major === 24 && minor >= 7)) {
  const { runStandalone } = await import('./commands/standalone.ts');
  await runStandalone(process.argv.slice(2));
} else {
  console.error(
    `Gather expects Node 24.7 or newer, got ${process.versions.node}. \`npm install node\` installs one for npx.`,
  );
  process.exitCode = 1;
}
