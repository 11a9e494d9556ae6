import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { AttachedProperty } from '../attached-property.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Answers pipelined requests of one connection one after the other. Node starts all of them at once, so that a client with
 * a few connections could run any number of operations side by side. Responses go out in this order anyway.
 */
export function inOrder(answer: Answer): Answer {
  const ends = new AttachedProperty<Duplex, Promise<void> | undefined>();
  return (request, response) => {
    const { socket } = request;
    const before = ends.get(socket);
    const { promise: end, resolve } = Promise.withResolvers<void>();
    response.once('close', resolve);
    ends.set(socket, end);
    // Once a connection is closed, the requests that wait on it are never answered.
    if (before) void before.then(() => !socket.destroyed && answer(request, response));
    else answer(request, response);
    void end.then(() => ends.get(socket) === end && ends.set(socket, undefined));
  };
}
