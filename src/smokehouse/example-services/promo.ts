import { type Answer, NOT_FOUND } from './service.ts';

const DELAY_MS = 80;
const PROMO = { title: 'Brisket week', text: 'Twelve hours over oak.', sku: 'SKU-00042' };

/** The promotion of the day, the same every day. */
export function promo(url: URL): Answer {
  if (url.pathname !== '/promo') return NOT_FOUND;
  return { status: 200, body: PROMO, delayMs: DELAY_MS };
}
