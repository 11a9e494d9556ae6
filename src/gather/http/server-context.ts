import type { IncomingMessage } from 'node:http';
import type { Viewer } from '../viewer.ts';

/** What Yoga is called with. */
export interface ServerContext {
  /** The request of the Node server; absent if a caller in this process asks. */
  req?: IncomingMessage;
  /** Who such a caller asks for. */
  viewer?: Viewer;
}
