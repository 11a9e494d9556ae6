import { type Answer, NOT_FOUND } from './service.ts';
import { hashed, mapKnown, toSkus } from './skus.ts';

const DELAY_MS = 30;

/** Today's prices, 1.00 to 199.99. They may change every second. */
export function pricing(url: URL): Answer {
  if (url.pathname !== '/prices') return NOT_FOUND;
  const skus = toSkus(url);
  if (!skus) return { status: 400, delayMs: 0 };
  const headers = { 'cache-control': 'max-age=1' };
  return { status: 200, headers, body: { prices: mapKnown(skus, toPrice) }, delayMs: DELAY_MS };
}

function toPrice(number: number): string {
  return ((100 + hashed(number, 19_900)) / 100).toFixed(2);
}
