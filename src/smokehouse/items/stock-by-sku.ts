import { createLoader, type LoaderSource } from 'gather';

/** Units on hand of an item; null if the inventory service does not know the item. */
export const stockBySku = (source: LoaderSource) =>
  createLoader('stockBySku', source, async (skus: readonly string[]) => {
    const stock = await source.services.inventory.stockBySku(skus, source.database.signal);
    return skus.map((sku) => stock.get(sku) ?? null);
  });
