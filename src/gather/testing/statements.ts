import pg from 'pg';

/** Those that open a session or stop a statement. */
const NOT_COUNTED = /^select pg_(cancel_backend|backend_pid)\(/;
const listeners = new Map<string, (text: string) => void>();
const ignored = new WeakSet<pg.Client>();

/** Tells `listener` the text of each statement that this process sends to a database. @returns ends it */
export function listenToStatements(database: string, listener: (text: string) => void): () => void {
  if (listeners.size === 0) observe();
  listeners.set(database, listener);
  return () => listeners.delete(database);
}

/** Leaves out what a connection sends. */
export function ignoreStatements(client: pg.Client): void {
  ignored.add(client);
}

let isObserving = false;

function observe(): void {
  if (isObserving) return;
  isObserving = true;
  pg.Client.prototype.query = new Proxy(pg.Client.prototype.query, {
    apply(query, client: pg.Client, args) {
      const text: string = typeof args[0] === 'string' ? args[0] : args[0].text;
      if (!ignored.has(client) && !NOT_COUNTED.test(text)) listeners.get(client.database ?? '')?.(text);
      return Reflect.apply(query, client, args);
    },
  });
}
