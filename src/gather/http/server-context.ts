import type { IncomingMessage } from 'node:http';

/** What Yoga is called with. */
export interface ServerContext {
  /** The request of the Node server; absent if a caller in this process asks. */
  req?: IncomingMessage;
}
