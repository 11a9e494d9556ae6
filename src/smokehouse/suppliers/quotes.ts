import { GatherError, type Services, UpstreamError } from 'gather';

type Suppliers = Services['suppliers'];

/** The answer of one supplier. Without a price, `error` says why. */
interface Quote {
  supplier: string;
  price: string | null;
  error: string | null;
}

/** The quotes of several suppliers. */
export interface QuoteRound {
  quotes: Quote[];
  /** Wall time, in seconds. */
  elapsed: number;
  message: string;
}

interface QuoteRoundOptions {
  /** The number of suppliers. */
  count: number;
  /** Whether they are called concurrently, or one after another. */
  isConcurrent: boolean;
}

/** Gets quotes of the first `count` suppliers. A supplier that fails has a quote with its error. */
export async function collectQuotes(
  suppliers: Suppliers,
  { count, isConcurrent }: QuoteRoundOptions,
): Promise<QuoteRound> {
  const start = performance.now();
  const numbers = [...Array(count).keys()];
  const get = (number: number) => getQuote(suppliers, number);
  const quotes = isConcurrent ? await Promise.all(numbers.map(get)) : await getSequentially(numbers, get);
  const elapsed = (performance.now() - start) / 1000;
  const fetched = quotes.filter(({ error }) => error === null).length;
  const noun = count === 1 ? 'quote' : 'quotes';
  const number = fetched === count ? `${count}` : `${fetched} of ${count}`;
  return { quotes, elapsed, message: `fetched ${number} ${noun} in ${elapsed.toFixed(2)} seconds` };
}

async function getSequentially(numbers: readonly number[], get: (number: number) => Promise<Quote>): Promise<Quote[]> {
  const quotes: Quote[] = [];
  for (const number of numbers) quotes.push(await get(number));
  return quotes;
}

async function getQuote(suppliers: Suppliers, number: number): Promise<Quote> {
  try {
    const { supplier, price } = await suppliers.getQuote({ path: { number } });
    return { supplier, price, error: null };
  } catch (error) {
    if (!(error instanceof GatherError)) throw error;
    const isClosed = error instanceof UpstreamError && error.status === 503;
    const message = isClosed ? `Supplier ${number} is closed.` : error.message;
    return { supplier: `Supplier ${number}`, price: null, error: message };
  }
}
