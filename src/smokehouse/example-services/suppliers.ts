import { type Answer, NOT_FOUND } from './service.ts';
import { hashed } from './skus.ts';

const QUOTE_DELAY_MS = 1000;
const SMOKABLES_DELAY_MS = 2000;
const FLAVOR_DELAY_MS = 1000;
/** One supplier in twenty is closed: 19, 39, 59 … */
const CLOSED_EVERY = 20;

const SUPPLIERS = [
  'Oak & Ember',
  'Hickory Hollow',
  'Applewood Brothers',
  'Mesquite Traders',
  'Prairie Pork',
  'Bison Bend',
  'Cedar Salmon Company',
  'Lemon Tree Poultry',
  'Red Barn Beef',
  'Slow River Sausages',
];
const SMOKABLES = ['ribs', 'brisket', 'lemon chicken', 'salmon', 'bison sirloin', 'sausage'];

/** Passes questions on to suppliers, who take their time. */
export function suppliers(url: URL): Answer {
  if (url.pathname === '/smokables')
    return { status: 200, body: { smokables: SMOKABLES }, delayMs: SMOKABLES_DELAY_MS };
  if (url.pathname === '/flavor')
    return { status: 200, body: { flavor: "Sweet Baby Ray's" }, delayMs: FLAVOR_DELAY_MS };
  const number = /^\/suppliers\/(\d{1,9})\/quote$/.exec(url.pathname)?.[1];
  return number ? quote(Number(number)) : NOT_FOUND;
}

function quote(number: number): Answer {
  const isClosed = number % CLOSED_EVERY === CLOSED_EVERY - 1;
  if (isClosed) return { status: 503, delayMs: QUOTE_DELAY_MS };
  const price = ((500 + hashed(number + 1, 1000)) / 100).toFixed(2);
  return { status: 200, body: { supplier: nameOf(number), price }, delayMs: QUOTE_DELAY_MS };
}

function nameOf(number: number): string {
  const branch = Math.floor(number / SUPPLIERS.length);
  const name = SUPPLIERS[number % SUPPLIERS.length] ?? '';
  return branch === 0 ? name : `${name} ${branch + 1}`;
}
