import { type Answer, NOT_FOUND } from './service.ts';
import { hashed, mapKnown, toSkus } from './skus.ts';

const DELAY_MS = 40;

/** Units on hand, 0 to 59. */
export function inventory(url: URL): Answer {
  if (url.pathname !== '/stock') return NOT_FOUND;
  const skus = toSkus(url);
  if (!skus) return { status: 400, delayMs: 0 };
  return { status: 200, body: { stock: mapKnown(skus, (number) => hashed(number, 60)) }, delayMs: DELAY_MS };
}
