import { setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, GatherError, isOfUpstream, type Services } from 'gather';

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
export async function smokeSomeMeats(suppliers: Services['suppliers'], signal: AbortSignal): Promise<Smoke> {
  const [meats, flavor] = await Promise.all([
    settle('smokables', suppliers.getSmokables()),
    settle('flavor', suppliers.getFlavor()),
  ]);
  const found = { meats: meats.value?.smokables ?? null, flavor: flavor.value?.flavor ?? null };
  const message = found.meats && found.flavor !== null ? await smoke(found.meats, found.flavor, signal) : null;
  return { ...found, message, failures: [...meats.failures, ...flavor.failures] };
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
