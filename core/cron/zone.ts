const DAY_MS = 86_400_000;
const SECOND_MS = 1_000;
/**
 * Offsets are compared this far apart. Two changes of the clocks that undo each other are at least a week
 * apart in every zone since 1970.
 */
const STEP_MS = 3 * DAY_MS;
/** A local time and the instants that may have it are less than this apart. */
const AROUND_MS = 2 * DAY_MS;

/** A change of the clocks of a zone. */
export interface Transition {
  /** The first instant of the new offset, in epoch milliseconds. */
  readonly at: number;
  /** Local time minus UTC before and after it, in milliseconds. */
  readonly before: number;
  readonly after: number;
}

interface Year {
  /** The offset with which it begins. */
  readonly offset: number;
  readonly transitions: readonly Transition[];
}

/**
 * The clocks of an IANA time zone. A local time is written as the epoch milliseconds that it would be in UTC.
 * Years are read from the runtime when they are first asked for, and kept.
 */
export class Zone {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat | null;
  readonly #years = new Map<number, Year>();

  private constructor(name: string) {
    this.name = name;
    this.#format =
      name === 'UTC'
        ? null
        : new Intl.DateTimeFormat('en-US', {
            timeZone: name,
            hourCycle: 'h23',
            era: 'short',
            year: 'numeric',
            month: 'numeric',
            day: 'numeric',
            hour: 'numeric',
            minute: 'numeric',
            second: 'numeric',
          });
  }

  /** The zone of a name. @throws RangeError if the runtime does not know it. */
  static of(name: string): Zone {
    let zone = zones.get(name);
    if (zone === undefined) {
      zone = new Zone(name);
      zones.set(name, zone);
    }
    return zone;
  }

  /** Local time minus UTC at an instant, in milliseconds. */
  offsetAt(at: number): number {
    if (this.#format === null) return 0;
    let { offset, transitions } = this.#year(yearOf(at));
    for (const transition of transitions) if (transition.at <= at) offset = transition.after;
    return offset;
  }

  /** The local time at an instant. */
  localAt(at: number): number {
    return at + this.offsetAt(at);
  }

  /** The first change of the clocks after an instant and not after another one, or `null`. */
  nextTransition(afterAt: number, untilAt: number): Transition | null {
    if (this.#format === null) return null;
    for (let year = yearOf(afterAt); year <= yearOf(untilAt); year++) {
      const found = this.#year(year).transitions.find(({ at }) => at > afterAt);
      if (found !== undefined) return found.at <= untilAt ? found : null;
    }
    return null;
  }

  /** The last change of the clocks at or before an instant and not before another one, or `null`. */
  lastTransition(untilAt: number, fromAt: number): Transition | null {
    if (this.#format === null) return null;
    for (let year = yearOf(untilAt); year >= yearOf(fromAt); year--) {
      const found = this.#year(year).transitions.findLast(({ at }) => at <= untilAt);
      if (found !== undefined) return found.at >= fromAt ? found : null;
    }
    return null;
  }

  /** The first instant with a local time; for one that is skipped, the first instant after the gap. */
  instantOf(local: number): number {
    let since = local - AROUND_MS;
    let offset = this.offsetAt(since);
    for (;;) {
      const change = this.nextTransition(since, local + AROUND_MS);
      const at = local - offset;
      if (change === null || at < change.at) return Math.max(at, since);
      since = change.at;
      offset = change.after;
    }
  }

  #year(year: number): Year {
    let known = this.#years.get(year);
    if (known === undefined) {
      known = this.#read(year);
      this.#years.set(year, known);
    }
    return known;
  }

  #read(year: number): Year {
    const from = startOf(year);
    const until = startOf(year + 1);
    const offset = this.#offset(from);
    const transitions: Transition[] = [];
    let before = offset;
    for (let at = from; at < until; at += STEP_MS) {
      const end = Math.min(at + STEP_MS, until - SECOND_MS);
      const after = this.#offset(end);
      if (after !== before) transitions.push({ at: this.#changeBetween(at, end, before), before, after });
      before = after;
    }
    return { offset, transitions };
  }

  /** The first second after `low` with another offset than `before`, which `high` has not. */
  #changeBetween(low: number, high: number, before: number): number {
    let known = low;
    let changed = high;
    while (changed - known > SECOND_MS) {
      const middle = known + Math.floor((changed - known) / SECOND_MS / 2) * SECOND_MS;
      if (this.#offset(middle) === before) known = middle;
      else changed = middle;
    }
    return changed;
  }

  #offset(at: number): number {
    const parts: Record<string, string> = {};
    for (const { type, value } of (this.#format as Intl.DateTimeFormat).formatToParts(at))
      parts[type] = value;
    const number = (name: string): number => Number(parts[name]);
    const year = parts['era'] === 'BC' ? 1 - number('year') : number('year');
    const local = new Date(0);
    local.setUTCFullYear(year, number('month') - 1, number('day'));
    local.setUTCHours(number('hour'), number('minute'), number('second'));
    return local.getTime() - Math.floor(at / SECOND_MS) * SECOND_MS;
  }
}

const zones = new Map<string, Zone>();

function yearOf(at: number): number {
  return new Date(at).getUTCFullYear();
}

function startOf(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}
