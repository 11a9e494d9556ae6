import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

/** What a load was answered. */
export interface Load {
  /** Right answers so far. */
  answered: number;
  /** What came in place of an answer, and when, by `performance.now()`. */
  failures: { failedAt: number; why: string }[];
  /** Ends the load once its requests are answered. */
  stop(): Promise<void>;
}

interface LoadOptions {
  /** How many clients ask at once, each on a connection of its own that it keeps. */
  clients: number;
  query: string | (() => string);
  expected: RegExp;
  /** Between an answer and the next request of a client. @default 0 */
  pauseMs?: number;
  /** The headers of each client. */
  headersOf?: (client: number) => Record<string, string>;
  onAnswer?: (answer: string) => void;
}

const TIMEOUT_MS = 20_000;

/** Asks a server the same, again and again. No request is sent twice. Stop it. */
export function startLoad(
  url: string,
  { clients, query, expected, pauseMs = 0, headersOf = () => ({}), onAnswer = () => {} }: LoadOptions,
): Load {
  let isOver = false;
  const load = { answered: 0, failures: [] as Load['failures'] };
  const lanes = Array.from({ length: clients }, async (_, client) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!isOver) {
      try {
        const body = JSON.stringify({ query: typeof query === 'string' ? query : query() });
        const answer = await post(url, agent, headersOf(client), body);
        if (!expected.test(answer)) throw new Error(answer);
        load.answered += 1;
        onAnswer(answer);
      } catch (error) {
        load.failures.push({ failedAt: performance.now(), why: String(error) });
      }
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    agent.destroy();
  });
  return Object.assign(load, {
    stop: async () => {
      isOver = true;
      await Promise.all(lanes);
    },
  });
}

function post(url: string, agent: Agent, headers: Record<string, string>, body: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  request(`${url}/graphql`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', ...headers },
    signal,
  })
    .on('error', reject)
    .on('response', (response) => text(response).then(resolve, reject))
    .end(body);
  return promise;
}
