import { trace } from '@opentelemetry/api';
import { type FaultEvent, faults } from '../channels.ts';
import { describeError } from '../describe-error.ts';
import type { SpanSource } from './tracing.ts';

/** Records each fault as an exception on its span, as the log describes it. */
export function traceFaults({ active, redact }: SpanSource): () => void {
  const onFault = (message: unknown) => {
    const { error, hide } = message as FaultEvent;
    const { type, code = '', message: text = code, at = [] } = describeError(error, hide);
    trace.getSpan(active())?.addEvent('exception', {
      'exception.type': type,
      'exception.message': redact(text),
      'exception.stacktrace': [`${type}: ${redact(text)}`, ...at.map((frame) => `    at ${frame}`)].join('\n'),
    });
  };
  faults.subscribe(onFault);
  return () => void faults.unsubscribe(onFault);
}
