import type { ScheduleSpec } from '../model/dag.ts';
import { durationText } from '../model/duration.ts';

/** When something is due by a schedule, in words. */
export function scheduleWords(schedule: readonly ScheduleSpec[], zone = 'UTC'): string {
  return schedule.length === 0 ? 'by hand' : schedule.map((one) => wordsOf(one, zone)).join(', or ');
}

function wordsOf(schedule: ScheduleSpec, zone: string): string {
  switch (schedule.kind) {
    case 'cron':
      return `by cron '${schedule.cron}' in ${schedule.tz ?? zone}`;
    case 'every':
      return `every ${durationText(schedule.everyMs)}`;
    case 'at':
      return schedule.at.length === 1 ? `at ${schedule.at[0]}` : `at ${schedule.at.length} dates`;
    case 'assets':
      return `when ${schedule.match === 'all' ? 'all' : 'one'} of ${schedule.assets.join(', ')} changed`;
    case 'file':
      return `when a file arrives as ${schedule.file}`;
  }
}
