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

/** An offset from UTC: `+02:00`. */
export function offsetText(offset: number): string {
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
