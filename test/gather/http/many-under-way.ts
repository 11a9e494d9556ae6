import type { TestApp } from '../../helpers/app.ts';
import { send } from '../../helpers/client.ts';
import { eventually } from '../../helpers/eventually.ts';

const AT_ONCE = 32;

/** Has as many requests wait for a service as may begin at once. Disposing of it lets them go on. */
export async function manyUnderWay({ services }: TestApp, url: string): Promise<Disposable> {
  const { promise, resolve } = Promise.withResolvers<void>();
  services.ratings.gate = promise;
  const sent = Array.from({ length: AT_ONCE }, () => send(url, '{ front { pick { title } } }'));
  await eventually(async () => {
    if (services.ratings.requests.length < AT_ONCE) throw new Error('Not all requests are under way yet.');
  });
  return {
    [Symbol.dispose]: () => {
      resolve();
      for (const { leave } of sent) leave();
    },
  };
}

/** Keeps the event loop busy. */
export function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
