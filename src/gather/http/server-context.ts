import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Viewer } from '../viewer.ts';

/** What Yoga is called with. */
export interface ServerContext {
  /** The request of the Node server; absent if a caller in this process asks. */
  req?: IncomingMessage;
  /** Its response. */
  res?: ServerResponse;
  /** Who such a caller asks for. */
  viewer?: Viewer;
}
