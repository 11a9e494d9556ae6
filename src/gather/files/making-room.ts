import type { Store } from './store.ts';
import { isStorageFull } from './store-errors.ts';

/** The store, which removes what it has of an object where it has no room for the rest. */
export function makingRoom(store: Store): Store {
  async function orRemove(key: string, written: Promise<void>): Promise<void> {
    try {
      await written;
    } catch (error) {
      // Where this fails too, it is swept.
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
