import { OrchProcess } from '../orch-process.ts';
import type { StoreKind } from '../plan.ts';
import type { SchedulerLaunch } from './history.ts';

/** After so long a new leader looks for old runs. */
const JANITOR_MS = 700;

/** One `orch scheduler` under way. */
export class SchedulerProcess extends OrchProcess {
  /** Whether it has said that it leads or stands by. */
  hasJoined = false;
  #isTold = false;

  constructor(dir: string, store: StoreKind) {
    const env = {
      ORCH_KILL_DIR: dir,
      ORCH_KILL_STORE: store,
      ORCH_KILL_JANITOR_MS: String(JANITOR_MS),
    };
    const hook = { module: './schedules/armed-points.ts', env } as const;
    super(['scheduler', '-C', dir, '--json'], hook, (line) => {
      const event = JSON.parse(line) as { type: string; state: string };
      if (event.type === 'scheduler.changed' && event.state !== 'draining') this.hasJoined = true;
    });
  }

  /** Tells it to end: running tasks may end, nothing new is started. */
  dismiss(): void {
    this.#isTold = true;
    this.child.kill('SIGTERM');
  }

  launch(): SchedulerLaunch {
    const { pid, errors, exit } = this;
    return { pid, isTold: this.#isTold, ...exit, errors };
  }
}
