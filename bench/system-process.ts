import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import type { HostReply, HostRequest } from './host.ts';
import type { Measurement } from './measurement.ts';
import type { Services } from './system.ts';
import type { WorkloadName } from './workloads.ts';

/** A run that takes longer than this has hung. */
const RUN_MS_MAX = 300_000;

/** The handle of one system in its own process. */
export class SystemProcess {
  readonly name: string;
  readonly #child: ChildProcess;

  private constructor(name: string, child: ChildProcess) {
    this.name = name;
    this.#child = child;
  }

  /** Starts and opens a system; rejects with the reason if it cannot run here. */
  static async open(name: string, services: Services): Promise<SystemProcess> {
    const child = fork(new URL('./host.ts', import.meta.url), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      // Peers warn of what their own packages do; that says nothing about a measurement.
      execArgv: ['--no-deprecation'],
    });
    const process = new SystemProcess(name, child);
    try {
      await process.#ask({ type: 'open', system: name, services });
      return process;
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
  }

  async run(workload: WorkloadName): Promise<Measurement> {
    const reply = await this.#ask({ type: 'run', workload });
    if (reply.type !== 'measured') throw new Error(`${this.name} answered ${reply.type}`);
    return reply.measurement;
  }

  async close(): Promise<void> {
    await this.#ask({ type: 'close' }).catch(() => undefined);
    this.#child.kill('SIGKILL');
  }

  #ask(request: HostRequest): Promise<HostReply> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const done = (settle: () => void): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
        settle();
      };
      const onMessage = (message: unknown): void => {
        const reply = message as HostReply;
        done(() => (reply.type === 'failed' ? reject(new Error(reply.message)) : resolve(reply)));
      };
      const onExit = (): void => done(() => reject(new Error(`the process of ${this.name} ended`)));
      const late = (): void =>
        done(() => reject(new Error(`${this.name} gave no answer in ${RUN_MS_MAX / 1000} s`)));
      const timer = setTimeout(late, RUN_MS_MAX);
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(request);
    });
  }
}
