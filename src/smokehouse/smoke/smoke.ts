import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, GatherError, isOfUpstream } from 'gather';
import type { Suppliers } from '../services/suppliers.ts';

/** A call that failed. */
interface Failure {
  code: Extract<ErrorCode, `UPSTREAM_${string}`>;
  /** Names the call and the service. */
  message: string;
}

/** The result of smoking. Unknown parts are null, and `failures` says why. */
interface Smoke {
  meats: string[] | null;
  flavor: string | null;
  message: string | null;
  failures: Failure[];
}

type Answer<T> = { value: T; failures: [] } | { value: null; failures: [Failure] };

const SMOKING_MS = 100;

/** Gets smokables and a flavor concurrently, then smokes. If either is missing, nothing is smoked. */
export async function smokeSomeMeats(suppliers: Suppliers, signal: AbortSignal): Promise<Smoke> {
  const [meats, flavor] = await Promise.all([
    settle('smokables', suppliers.smokables(signal)),
    settle('flavor', suppliers.flavor(signal)),
  ]);
  const message = meats.value && flavor.value !== null ? await smoke(meats.value, flavor.value, signal) : null;
  return { meats: meats.value, flavor: flavor.value, message, failures: [...meats.failures, ...flavor.failures] };
}

async function settle<T>(name: string, answer: Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await answer, failures: [] };
  } catch (error) {
    if (!(error instanceof GatherError) || !isOfUpstream(error.code)) throw error;
    return { value: null, failures: [{ code: error.code, message: `No ${name}: ${error.message}` }] };
  }
}

async function smoke(meats: readonly string[], flavor: string, signal: AbortSignal): Promise<string> {
  await sleep(SMOKING_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  const noun = meats.length === 1 ? 'meat' : 'meats';
  return `Smoked ${meats.length} ${noun} with ${flavor}!`;
}
