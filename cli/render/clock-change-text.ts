import { offsetText } from '../../core/cron/offset-text.ts';
import type { ClockChange } from '../../core/timetables/preview.ts';
import { instantText } from './time-text.ts';

/** A change of the clocks in a few words. */
export function clockChangeText({ zone, before, after }: ClockChange): string {
  return `clocks in ${zone} go from ${offsetText(before)} to ${offsetText(after)}`;
}

/** A change of the clocks for programs. */
export function clockChangeJson({ zone, at, before, after }: ClockChange): object {
  return { zone, at: instantText(at), from: offsetText(before), to: offsetText(after) };
}
