const MAX_SKUS = 100;
const KNOWN = 1000;

/** The SKUs in the parameter `skus` of a URL; undefined if there are none, or more than 100. */
export function toSkus(url: URL): string[] | undefined {
  const list = /[?&]skus=([^&]+)/.exec(url.search)?.[1];
  // Split before decoding: an encoded comma belongs to a SKU.
  const skus = list?.split(',').map((sku) => new URLSearchParams(`sku=${sku}`).get('sku') ?? '');
  return skus && skus.length <= MAX_SKUS ? skus : undefined;
}

/** A value for each known SKU, SKU-00001 to SKU-01000. @param toValue called with the number of the SKU */
export function mapKnown<T>(skus: string[], toValue: (number: number) => T): Record<string, T> {
  const known = skus.map((sku) => [sku, numberOf(sku)] as const).filter(([, number]) => number >= 1 && number <= KNOWN);
  return Object.fromEntries(known.map(([sku, number]) => [sku, toValue(number)]));
}

/** A hash of a number, from 0 to `limit` - 1. */
export function hashed(number: number, limit: number): number {
  return (Math.imul(number, 2_654_435_761) >>> 0) % limit;
}

function numberOf(sku: string): number {
  return Number(/^SKU-(\d{5})$/.exec(sku)?.[1] ?? 0);
}
