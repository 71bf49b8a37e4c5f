/** How a machine does and what there is to do on it, at an instant or on average over a while. */
export interface Figures {
  /** Of all cores together, 0 to 100. */
  readonly cpuPercent: number;
  readonly cpuCount: number;
  /** Over a minute, as the system reckons it; 0 where it does not. */
  readonly load: number;
  /** Bytes. */
  readonly memoryTotal: number;
  readonly memoryUsed: number;
  readonly memoryPercent: number;
  /** Bytes of the disk that the state folder lies on. */
  readonly diskTotal: number;
  readonly diskUsed: number;
  readonly diskPercent: number;
  /** Attempts that hold a slot. */
  readonly activeTasks: number;
  /** Task instances that are ready and have no slot yet. */
  readonly pendingTasks: number;
  /** Task instances that ended since midnight UTC. */
  readonly completedTasksToday: number;
  readonly failedTasksToday: number;
}

export interface Sample {
  /** Epoch milliseconds: when it was taken, or when the step began that it stands for. */
  readonly at: number;
  readonly figures: Figures;
}

/** What grows during a day: of several the last one counts. */
const COUNTED: ReadonlySet<keyof Figures> = new Set(['completedTasksToday', 'failedTasksToday']);

/**
 * Samples, oldest first, as one for each step in which there is one: averages, the last one of what is
 * counted. Steps begin at multiples of their length.
 */
export function foldSamples(samples: readonly Sample[], stepMs: number): Sample[] {
  const steps = new Map<number, Figures[]>();
  for (const { at, figures } of samples) {
    const beganAt = Math.floor(at / stepMs) * stepMs;
    const known = steps.get(beganAt);
    if (known === undefined) steps.set(beganAt, [figures]);
    else known.push(figures);
  }
  return [...steps].map(([at, list]) => ({ at, figures: fold(list) }));
}

function fold(list: readonly Figures[]): Figures {
  const last = list.at(-1) as Figures;
  const names = Object.keys(last) as (keyof Figures)[];
  const entries = names.map((name) => {
    if (COUNTED.has(name)) return [name, last[name]];
    const mean = list.reduce((sum, one) => sum + one[name], 0) / list.length;
    return [name, Math.round(mean * 100) / 100];
  });
  return Object.fromEntries(entries) as unknown as Figures;
}
