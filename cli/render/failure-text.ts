import type { InstanceView } from '../../core/store/run-view.ts';
import { tamed } from './text-width.ts';

/** The first line of what went wrong in an instance: its error, else its reason, else nothing. */
export function failureText(instance: InstanceView): string {
  const { error, reason, because } = instance;
  if (error !== null) {
    const message = tamed(error.message.split('\n')[0] ?? '');
    const isNamed = error.name === 'Error' || error.name === 'ExitCode' || message.startsWith(error.name);
    return isNamed ? message : `${error.name}: ${message}`;
  }
  if (because !== null) return tamed(because.text);
  return reason ?? '';
}
