import type { EventEmitter } from 'node:events';
import type { Surroundings } from '../surroundings.ts';

/** What `dev` and the process of its server tell each other, in this order. */
export type Message =
  /** Import these packages before there is something to load. */
  | { type: 'warm'; packages: readonly string[] }
  /** Those that are sources too are from these folders. */
  | { type: 'warmed'; folders: readonly string[] }
  /** Import the program. */
  | { type: 'load'; main: string }
  | { type: 'loaded' }
  /** Check the program against its database. `port` is that of the former version, which may have been any free one. */
  | { type: 'check'; surroundings: Surroundings; port: number | undefined }
  | { type: 'checked' }
  /** The former version has released the port. */
  | { type: 'listen'; hasInspector: boolean }
  | { type: 'listening'; url: string; packages: readonly string[] }
  /** Finish what is under way, and end. */
  | { type: 'stop' }
  /** The ports are free, and nothing is answered any more. */
  | { type: 'released' };

/** The next message of this type. Never settles if it does not come. */
export function received<Type extends Message['type']>(
  from: EventEmitter,
  type: Type,
): Promise<Extract<Message, { type: Type }>> {
  return new Promise((resolve) => {
    const take = (message: Message) => {
      if (message.type !== type) return;
      from.off('message', take);
      resolve(message as Extract<Message, { type: Type }>);
    };
    from.on('message', take);
  });
}
