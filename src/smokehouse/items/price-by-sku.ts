import { createLoader, type LoaderSource } from 'gather';

/** Today's price of an item; null if the pricing service does not know the item. */
export const priceBySku = (source: LoaderSource) =>
  createLoader('priceBySku', source, async (skus: readonly string[]) => {
    const prices = await source.services.pricing.pricesBySku(skus, source.database.signal);
    return skus.map((sku) => prices.get(sku) ?? null);
  });
