import { GatherError } from 'gather';
import type { Suppliers } from '../services/suppliers.ts';

/** What one supplier answered; without a price, `error` says why. */
interface Quote {
  supplier: string;
  price: string | null;
  error: string | null;
}

/** A round of questions, one to each supplier. */
export interface QuoteRound {
  quotes: Quote[];
  /** Wall time, in seconds. */
  elapsed: number;
  message: string;
}

interface QuoteRoundOptions {
  /** How many suppliers are asked. */
  count: number;
  /** Whether they are asked all at once, or one after another. */
  isConcurrent: boolean;
}

/** Asks the first `count` suppliers. One that fails is a quote with its error; the others stand. */
export async function collectQuotes(
  suppliers: Suppliers,
  { count, isConcurrent }: QuoteRoundOptions,
  signal: AbortSignal,
): Promise<QuoteRound> {
  const start = performance.now();
  const numbers = [...Array(count).keys()];
  const ask = (number: number) => askOne(suppliers, number, signal);
  const quotes = isConcurrent ? await Promise.all(numbers.map(ask)) : await askInTurn(numbers, ask);
  const elapsed = (performance.now() - start) / 1000;
  const fetched = quotes.filter(({ error }) => error === null).length;
  const noun = count === 1 ? 'quote' : 'quotes';
  const number = fetched === count ? `${count}` : `${fetched} of ${count}`;
  return { quotes, elapsed, message: `fetched ${number} ${noun} in ${elapsed.toFixed(2)} seconds` };
}

async function askInTurn(numbers: readonly number[], ask: (number: number) => Promise<Quote>): Promise<Quote[]> {
  const quotes: Quote[] = [];
  for (const number of numbers) quotes.push(await ask(number));
  return quotes;
}

async function askOne(suppliers: Suppliers, number: number, signal: AbortSignal): Promise<Quote> {
  try {
    const { supplier, price } = await suppliers.quote(number, signal);
    return { supplier, price, error: null };
  } catch (error) {
    if (!(error instanceof GatherError)) throw error;
    return { supplier: `Supplier ${number}`, price: null, error: error.message };
  }
}
