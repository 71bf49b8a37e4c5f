import { type AssetEvent, EVENTS_PER_ASSET_MAX } from '../model/asset.ts';
import type { AssetSchedule, ScheduleSpec } from '../model/dag.ts';

/** Most DAGs wait for no asset. */
const NONE: readonly AssetSchedule[] = [];
const NO_URIS: ReadonlySet<string> = new Set();

/** The assets that a DAG waits for, and their events since it was last decided about them. */
export class AwaitedEvents {
  readonly schedules: readonly AssetSchedule[];
  readonly uris: ReadonlySet<string>;
  /** Events up to this number are decided. */
  readonly eventNo: number;
  /** The events that were stored before the DAG was on the agenda are among these. */
  isRead: boolean;
  /** What has come, by asset; nothing before the first event. */
  #byUri: Map<string, AssetEvent[]> | null = null;

  constructor(schedule: readonly ScheduleSpec[], eventNo: number, isRead = false) {
    const schedules = schedule.filter((one) => one.kind === 'assets');
    this.schedules = schedules.length === 0 ? NONE : schedules;
    this.uris = schedules.length === 0 ? NO_URIS : new Set(schedules.flatMap(({ assets }) => assets));
    this.eventNo = eventNo;
    this.isRead = isRead;
  }

  /**
   * Takes an event in; one that is decided, or here already, changes nothing. Of each asset the newest stay.
   */
  add(event: AssetEvent): void {
    if (event.eventNo <= this.eventNo || !this.uris.has(event.uri)) return;
    this.#byUri ??= new Map();
    const events = this.#byUri.get(event.uri) ?? [];
    let at = events.length;
    while (at > 0 && (events[at - 1] as AssetEvent).eventNo >= event.eventNo) at--;
    if (events[at]?.eventNo === event.eventNo) return;
    events.splice(at, 0, event);
    if (events.length > EVENTS_PER_ASSET_MAX) events.shift();
    this.#byUri.set(event.uri, events);
  }

  /** What has come, oldest first. */
  events(): AssetEvent[] {
    return [...(this.#byUri?.values() ?? [])].flat().sort((a, b) => a.eventNo - b.eventNo);
  }

  /** Whether enough has come for a run. */
  isDue(): boolean {
    return this.schedules.some((one) => isMet(one, (uri) => this.#byUri?.has(uri) === true));
  }

  /** The same assets, with everything up to a number decided. */
  after(eventNo: number): AwaitedEvents {
    return new AwaitedEvents(this.schedules, eventNo, true);
  }
}

/** Whether a schedule is due, given the assets of which there are events. */
export function isMet({ match, assets }: AssetSchedule, has: (uri: string) => boolean): boolean {
  return match === 'all' ? assets.every(has) : assets.some(has);
}
