import type { Store } from './store.ts';
import { isStorageFull } from './store-errors.ts';

/** Wraps a store so that it removes a partial object if it has no room for the rest. */
export function removeWhenFull(store: Store): Store {
  async function orRemove(key: string, written: Promise<void>): Promise<void> {
    try {
      await written;
    } catch (error) {
      // If this fails too, the object is swept later.
      if (isStorageFull(error)) await store.remove(key).catch(() => {});
      throw error;
    }
  }

  return {
    ...store,
    append: (key, ...rest) => orRemove(key, store.append(key, ...rest)),
    complete: (key) => orRemove(key, store.complete(key)),
  };
}
