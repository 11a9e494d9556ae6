import { type Answer, NOT_FOUND } from './service.ts';
import { hashed } from './skus.ts';

const DELAY_MS = 120;
const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 50;
const REASONS = ['Goes with ribs', 'New', 'Often bought together', 'Back in stock', 'Liked by others'];

/** Recommended items, which depend on the viewer. Clamps the limit to 1 to 50. */
export function recommendations(url: URL): Answer {
  if (url.pathname !== '/recommendations') return NOT_FOUND;
  const requested = Math.trunc(Number(url.searchParams.get('limit') ?? DEFAULT_LIMIT)) || DEFAULT_LIMIT;
  const length = Math.min(Math.max(requested, 1), MAX_LIMIT);
  const first = firstFor(url.searchParams.get('viewer') ?? '');
  const list = Array.from({ length }, (_, place) => toRecommendation(first + place));
  return { status: 200, body: { recommendations: list }, delayMs: DELAY_MS };
}

/** The first of fifty consecutive, existing SKUs. */
function firstFor(viewer: string): number {
  const sum = [...viewer].reduce((total, letter) => total * 31 + (letter.codePointAt(0) ?? 0), 7) % 1_000_003;
  return 1 + hashed(sum, 900);
}

function toRecommendation(number: number) {
  const reason = REASONS[hashed(number, REASONS.length)];
  return { sku: `SKU-${String(number).padStart(5, '0')}`, reason };
}
