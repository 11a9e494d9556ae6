import pg from 'pg';

/** Statements that open a session, learn the types of a database, or cancel another statement. */
const NOT_COUNTED = /^\s*select (pg_(cancel_backend|backend_pid)\(|typarray)/;
/** Applications that run statements in the background, at any time. */
const BYSTANDERS = new Set(['gather worker', 'gather listener', 'test']);
const listeners = new Map<string, (text: string) => void>();
let isObserving = false;

/** A connection of `pg`, with a property that its types lack. */
interface NamedClient extends pg.Client {
  connectionParameters: { application_name?: string };
}

/** Calls `listener` with each statement that a server of this process sends to a database. @returns stops listening */
export function listenToStatements(database: string, listener: (text: string) => void): () => void {
  if (!isObserving) observe();
  listeners.set(database, listener);
  return () => listeners.delete(database);
}

function observe(): void {
  isObserving = true;
  pg.Client.prototype.query = new Proxy(pg.Client.prototype.query, {
    apply(query, client: NamedClient, args) {
      const text: string = typeof args[0] === 'string' ? args[0] : args[0].text;
      const isCounted = !NOT_COUNTED.test(text) && !BYSTANDERS.has(client.connectionParameters.application_name ?? '');
      if (isCounted) listeners.get(client.database ?? '')?.(text);
      return Reflect.apply(query, client, args);
    },
  });
}
