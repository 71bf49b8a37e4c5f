import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Clock } from '../model/clock.ts';
import type { Figures } from '../model/figures.ts';

/** Looks at the processor are at least so far apart: over less the share says nothing. */
const CPU_LOOK_MS = 500;

/** How this machine does, without what there is to do. */
export type MachineFigures = Pick<
  Figures,
  | 'cpuPercent'
  | 'cpuCount'
  | 'load'
  | 'memoryTotal'
  | 'memoryUsed'
  | 'memoryPercent'
  | 'diskTotal'
  | 'diskUsed'
  | 'diskPercent'
>;

/** Reads how this machine does. The load of the processor is that since it was last asked. */
export class MachineMeter {
  readonly #stateDir: string;
  readonly #clock: Clock;
  #times = cpuTimes();
  #atMono: number;
  #cpuPercent: number;

  constructor(stateDir: string, clock: Clock) {
    this.#stateDir = stateDir;
    this.#clock = clock;
    this.#atMono = clock.mono();
    this.#cpuPercent = Math.min(100, percent(loadavg()[0] ?? 0, availableParallelism()));
  }

  async read(): Promise<MachineFigures> {
    const disk = await statfs(this.#stateDir);
    const diskTotal = disk.blocks * disk.bsize;
    const diskUsed = (disk.blocks - disk.bfree) * disk.bsize;
    const memoryTotal = memoryLimit();
    const memoryUsed = Math.max(0, memoryTotal - process.availableMemory());
    return {
      cpuPercent: this.#cpu(),
      cpuCount: availableParallelism(),
      load: rounded(loadavg()[0] ?? 0),
      memoryTotal,
      memoryUsed,
      memoryPercent: percent(memoryUsed, memoryTotal),
      diskTotal,
      diskUsed,
      // What only the system may use counts as used: nobody else can write there.
      diskPercent: percent(diskUsed, diskUsed + disk.bavail * disk.bsize),
    };
  }

  #cpu(): number {
    const now = this.#clock.mono();
    if (now - this.#atMono < CPU_LOOK_MS) return this.#cpuPercent;
    const times = cpuTimes();
    const total = times.total - this.#times.total;
    if (total > 0) this.#cpuPercent = percent(times.busy - this.#times.busy, total);
    this.#times = times;
    this.#atMono = now;
    return this.#cpuPercent;
  }
}

function cpuTimes(): { readonly busy: number; readonly total: number } {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const all = times.user + times.nice + times.sys + times.irq + times.idle;
    busy += all - times.idle;
    total += all;
  }
  return { busy, total };
}

/** What this process may have at most: a container may have less than its machine. */
function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}

function percent(part: number, whole: number): number {
  return whole > 0 ? rounded(Math.min(100, Math.max(0, (part / whole) * 100))) : 0;
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
