import pg from 'pg';

const NOT_COUNTED = /^select pg_(cancel_backend|backend_pid)\(/;
const listeners = new Map<string, (text: string) => void>();
const { query } = pg.Client.prototype;

pg.Client.prototype.query = new Proxy(query, {
  apply(target, client: pg.Client, args) {
    const text: string = typeof args[0] === 'string' ? args[0] : args[0].text;
    if (!NOT_COUNTED.test(text)) listeners.get(client.database ?? '')?.(text);
    return Reflect.apply(target, client, args);
  },
});

/**
 * Records the text of each statement that this process sends to a database, requests to stop one and the
 * one that opens a session apart.
 * @returns takes what was recorded since it was last called
 */
export function recordStatements(databaseUrl: string): () => string[] {
  let texts: string[] = [];
  listeners.set(new URL(databaseUrl).pathname.slice(1), (text) => texts.push(text));
  return () => {
    const recorded = texts;
    texts = [];
    return recorded;
  };
}
