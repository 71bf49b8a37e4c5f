import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { entryPath } from '../config/installation.ts';
import { AttemptLog } from '../log/attempt-log.ts';
import { SegmentFiles } from '../log/segment-files.ts';
import type { AttemptDefinition, Outcome } from '../model/attempt.ts';
import type { Clock } from '../model/clock.ts';
import { ToldKeys } from '../secrets/given-values.ts';
import { AttemptSecrets } from './attempt-secrets.ts';
import { codeCache } from './code-cache.ts';
import { Command, exitCodesOf } from './command.ts';
import { planCommand } from './command-plan.ts';
import { type Environment, inheritedEnvironment } from './environment.ts';
import { fileEnd } from './file-end.ts';
import { GroupRegistry } from './group-registry.ts';
import { MemoryWatch } from './memory-watch.ts';
import { type GroupExit, leftRemarks, ProcessGroup } from './process-group.ts';
import { killByEnvironment, signal } from './processes.ts';
import type {
  EndFrame,
  GroupFrame,
  KeeperFrame,
  KeeperSettings,
  OrderFrame,
  RunFrame,
  RunnerSettings,
} from './protocol.ts';
import { WorkPlaces } from './work-places.ts';

const STRAY_BYTES = 64 * 1024;
/**
 * Added to the niceness of what attempts run: however much they compute, whoever decides and whoever ends
 * them gets a core at once when there is something to do (POSIX `setpriority`).
 */
const NICENESS = 5;
/** A runner holds this much before any user code is loaded; its heap limit is the cap itself. */
const RUNNER_BASE_MB = 96;

interface KeeperParts {
  readonly settings: KeeperSettings;
  readonly registry: GroupRegistry;
  readonly segments: SegmentFiles;
  readonly places: WorkPlaces;
}

/**
 * The one process that starts others: runners and commands, each in its own group. It ends groups when told,
 * when they use too much memory, and all of them when the leader is gone or does not lead any more.
 */
export class Keeper {
  readonly #send: (frame: GroupFrame | EndFrame) => void;
  readonly #clock: Clock;
  readonly #source: NodeJS.ProcessEnv;
  readonly #groups = new Map<string, ProcessGroup>();
  readonly #definitions = new Map<number, AttemptDefinition>();
  readonly #watch = new MemoryWatch(() => this.#groups.values());
  readonly #keys = new ToldKeys();
  /** Groups that were told to end before they began. */
  readonly #doomed = new Set<string>();
  /** Groups that are to be held still as soon as they begin. */
  readonly #still = new Set<string>();
  #hold: NodeJS.Timeout | null = null;
  #known: KeeperParts | null = null;
  #environment: Environment = {};

  /** Called when the leader has not said for too long that it leads; everything must end. */
  onHoldOver: () => void = () => undefined;

  constructor(send: (frame: GroupFrame | EndFrame) => void, clock: Clock, source: NodeJS.ProcessEnv) {
    this.#send = send;
    this.#clock = clock;
    this.#source = source;
  }

  take(frame: OrderFrame | KeeperFrame): void {
    switch (frame.t) {
      case 'init':
        return this.#init(frame.o);
      case 'define':
        this.#definitions.set(frame.d.id, frame.d);
        return;
      case 'forget':
        return this.#definitions.clear();
      case 'key':
        return this.#keys.add(frame.id, frame.key);
      case 'runner':
        return this.#startRunner(frame.g, frame.memoryMb, frame.settings);
      case 'run':
        void this.#startCommand(frame);
        return;
      case 'stop':
        return this.#end(frame.g, (group) => group.stop(frame.graceMs));
      case 'kill':
        return this.#end(frame.g, (group) => group.kill('killed'));
      case 'still':
        return this.#holdStill(frame.g, frame.on);
      case 'hold':
        return this.#holdFor(frame.ms);
      case 'watch':
        return this.#watch.set(frame.on);
      case 'cancel':
        return;
    }
  }

  /** Kills everything at once: the leader is gone. `true` if nothing is left. */
  killAll(): boolean {
    for (const group of this.#groups.values()) signal(-group.pid, 'SIGKILL');
    if (!this.#known) return true;
    const { settings, registry } = this.#known;
    const left = killByEnvironment([`ORCH_STATE=${settings.stateKey}`], new Set([process.pid]));
    if (left.length > 0) return false;
    registry.close();
    return true;
  }

  #holdFor(ms: number): void {
    if (this.#hold) clearTimeout(this.#hold);
    this.#hold = setTimeout(() => this.onHoldOver(), ms);
  }

  #init(settings: KeeperSettings): void {
    const registry = new GroupRegistry(settings.registry);
    registry.add(process.pid);
    const { stateDir } = settings;
    const places = new WorkPlaces(join(stateDir, 'tmp'));
    this.#known = { settings, registry, segments: new SegmentFiles(stateDir), places };
    this.#environment = inheritedEnvironment(this.#source, settings.passEnv);
    this.#send({ t: 'up' });
  }

  #parts(): KeeperParts {
    if (!this.#known) throw new Error('the keeper got an order before init');
    return this.#known;
  }

  #holdStill(name: string, still: boolean): void {
    this.#groups.get(name)?.holdStill(still);
    if (still && !this.#groups.has(name)) this.#still.add(name);
    else this.#still.delete(name);
  }

  #end(name: string, how: (group: ProcessGroup) => void): void {
    const group = this.#groups.get(name);
    if (group) how(group);
    else this.#doomed.add(name);
  }

  #marks(name: string): { readonly ORCH_STATE: string; readonly ORCH_GROUP: string } {
    return { ORCH_STATE: this.#parts().settings.stateKey, ORCH_GROUP: name };
  }

  #adopt(
    name: string,
    child: ChildProcess & { readonly pid: number },
    memoryMb: number | null,
    onGone: (exit: GroupExit) => void,
  ): ProcessGroup {
    const marks = Object.entries(this.#marks(name)).map(([key, value]) => `${key}=${value}`);
    const memoryBytes = memoryMb === null ? null : memoryMb * 1024 * 1024;
    const gone = (exit: GroupExit): void => {
      this.#groups.delete(name);
      onGone(exit);
    };
    const group = new ProcessGroup({
      name,
      child,
      registry: this.#parts().registry,
      killStrays: () => killByEnvironment(marks, new Set([process.pid]), child.pid),
      memoryBytes,
      onGone: gone,
    });
    this.#groups.set(name, group);
    giveWay(child.pid);
    if (this.#still.delete(name)) group.holdStill(true);
    if (this.#doomed.delete(name)) group.kill('killed');
    return group;
  }

  #startRunner(name: string, memoryMb: number, settings: RunnerSettings): void {
    const folder = join(settings.stateDir, 'tmp');
    const file = join(folder, `stray-${name}.log`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stray = openSync(file, 'a+', 0o600);
    const gone = ({ code, signal: by, why, left }: Omit<GroupExit, 'stopped'>, note = ''): void => {
      const text = note + fileEnd(stray, STRAY_BYTES).toString('utf8');
      closeSync(stray);
      rmSync(file, { force: true });
      this.#send({ t: 'gone', g: name, code, signal: by, why, stray: text, left });
    };
    const args = [
      '--disable-warning=ExperimentalWarning',
      `--max-old-space-size=${memoryMb}`,
      entryPath('core/executors/runner-main'),
    ];
    const own = {
      ...this.#marks(name),
      ...codeCache(settings.stateDir),
      ORCH_RUNNER: JSON.stringify(settings),
    };
    const env = { ...this.#environment, ...own };
    const cwd = settings.projectDir;
    const child = spawn(process.execPath, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', stray, stray],
    });
    const failed = (error: Error): void =>
      gone({ code: null, signal: null, why: null, left: [] }, error.message);
    if (child.pid === undefined) child.once('error', failed);
    else {
      this.#adopt(name, child as ChildProcess & { pid: number }, memoryMb + RUNNER_BASE_MB, (exit) =>
        gone(exit),
      );
      this.#send({ t: 'spawned', g: name, pid: child.pid });
    }
  }

  async #startCommand(frame: RunFrame): Promise<void> {
    const { settings, segments, places } = this.#parts();
    const definition = this.#definitions.get(frame.d);
    const name = frame.g ?? frame.id;
    if (!definition) throw new Error(`the keeper knows no definition ${frame.d}`);
    const segment = segments.acquire(definition.runNo, frame.s);
    const secrets = new AttemptSecrets(frame.v, this.#keys);
    const { masker } = secrets;
    const capBytes = settings.logCapBytes;
    const log = new AttemptLog(segment, frame.id, { clock: this.#clock, capBytes, masker });
    const place = places.take();
    const end = (outcome: Outcome): void => {
      const r = secrets.maskedOutcome(outcome);
      const range = log.finish();
      segments.release(segment);
      places.giveBack(place);
      this.#doomed.delete(name);
      this.#still.delete(name);
      this.#send({ t: 'end', id: frame.id, r, ...(range ? { l: [range.offset, range.length] } : {}) });
    };
    const { problem } = secrets.values;
    if (problem !== null)
      return end({ kind: 'failed', error: { name: 'ValueError', message: problem }, final: true });
    const given = secrets.values.environment();
    const planned = planCommand({ frame, definition, given }, this.#environment, place, settings.stateDir);
    if (!planned.ok) {
      return end({ kind: 'failed', error: { name: planned.name, message: planned.message }, final: true });
    }
    const command = new Command(planned.plan, log, exitCodesOf(definition), {
      ...settings,
      mask: secrets.mask,
    });
    const spawned = await command.spawn(settings.projectDir, this.#marks(name));
    if (!spawned.ok) {
      const { code, message } = spawned.error;
      const error = { name: 'SpawnError', message: `the command cannot be started: ${message}` };
      return end({ kind: 'failed', error: code === undefined ? error : { ...error, code } });
    }
    const memoryMb = definition.memoryMb ?? settings.commandMemoryMb;
    this.#adopt(name, spawned.child, memoryMb, (exit) => {
      for (const remark of leftRemarks(exit.left)) log.line('system', remark);
      void command.finish(exit).then(end);
    });
    command.begin();
  }
}

/** Makes a process give way to others that want its core. */
function giveWay(pid: number): void {
  try {
    setPriority(pid, Math.min(getPriority() + NICENESS, constants.priority.PRIORITY_LOW));
  } catch {
    // It has ended already.
  }
}
