import { type FaultEvent, faults } from './channels.ts';
import { hideInRequest, requestId } from './request-id.ts';

/** The ID of the last request that each fault was published for. */
const published = new WeakMap<object, string | undefined>();

/** Publishes a fault, once per request, however many fields fail for it. */
export function reportFault(
  error: unknown,
  { willRetry = false, hide = hideInRequest() }: Partial<Omit<FaultEvent, 'error'>> = {},
): void {
  if (!faults.hasSubscribers) return;
  const id = requestId();
  if (typeof error === 'object' && error !== null) {
    if (published.has(error) && published.get(error) === id) return;
    published.set(error, id);
  }
  faults.publish({ error, willRetry, hide });
}
