/** A DAG of the rounds as the checks know it, without asking orch: the files in fixtures declare the same. */
export interface KnownDag {
  readonly dagId: string;
  /** It is due at every whole second that this number divides; a divisor of 60. */
  readonly everySeconds: number;
  readonly catchup: boolean;
  readonly coalesce: boolean;
  /** Rounds pause it now and then. */
  readonly isPaused: boolean;
}

const PLAIN = { everySeconds: 1, catchup: false, coalesce: false, isPaused: false };

/** All DAGs of the rounds that have a schedule. */
export const KNOWN_DAGS: readonly KnownDag[] = [
  { ...PLAIN, dagId: 'every', catchup: true },
  { ...PLAIN, dagId: 'newest' },
  { ...PLAIN, dagId: 'merged', everySeconds: 4, catchup: true, coalesce: true },
  { ...PLAIN, dagId: 'fanned', everySeconds: 10, catchup: true },
  { ...PLAIN, dagId: 'edited', everySeconds: 5, catchup: true },
  { ...PLAIN, dagId: 'hushed', everySeconds: 3, isPaused: true },
  { ...PLAIN, dagId: 'made_up', everySeconds: 3, catchup: true, isPaused: true },
];

/** When a DAG is due after an instant and up to another one: a walk over the seconds between them. */
export function dueSeconds({ everySeconds }: KnownDag, afterAt: number, untilAt: number): number[] {
  const found: number[] = [];
  for (let second = Math.floor(afterAt / 1_000); second * 1_000 <= untilAt; second++) {
    if (second % everySeconds === 0 && second * 1_000 > afterAt) found.push(second * 1_000);
  }
  return found;
}
