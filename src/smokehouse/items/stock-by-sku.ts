import { createLoader, type LoaderSource } from 'gather';

/** Units on hand of an item; null where the inventory service does not know it. */
export const stockBySku = (source: LoaderSource) =>
  createLoader('stockBySku', source, async (skus: readonly string[]) => {
    const stock = await source.services.inventory.stockBySku(skus, source.database.signal);
    return skus.map((sku) => stock.get(sku) ?? null);
  });
