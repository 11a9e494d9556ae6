import chromium from '@sparticuz/chromium';
import { type Browser, chromium as driver } from 'playwright-core';

/** Browsers that a machine may have, by playwright's names. */
const INSTALLED = ['chrome', 'msedge', 'chromium'];

/**
 * Starts the browser that npm brought, which is for Linux on x64, or one that is installed. Close it.
 * @returns undefined, with a word of it, where there is none
 * @throws on a build machine where there is none
 */
export async function launchBrowser(): Promise<Browser | undefined> {
  if (process.platform === 'linux' && process.arch === 'x64') {
    // In a single process it ends with its first page.
    const given = chromium.args.filter((arg) => arg !== '--single-process' && arg !== '--no-zygote');
    const args = [...given, '--disable-background-networking'];
    return driver.launch({ executablePath: await chromium.executablePath(), args, headless: true });
  }
  for (const channel of INSTALLED) {
    const installed = await driver.launch({ channel }).catch(() => undefined);
    if (installed) return installed;
  }
  const reason = 'Skipped: there is no browser on this machine. Install Chrome or Edge to run the tests of pages.';
  if (process.env['CI']) throw new Error(reason);
  console.warn(reason);
  return undefined;
}
