import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { processFacts, processIds } from '../../core/executors/processes.ts';

/** What a clock tick of Linux is to programs. */
const TICK_MS = 10;
/** A process that is so old has long got the environment that it was started for. */
const SETTLED_MS = 5_000;
/** Who lives and is of no project, by the mark of a project: reading all environments takes milliseconds. */
const strangers = new Map<string, ReadonlySet<number>>();

/** A process of a project, as the machine shows it. */
export interface Living {
  readonly pid: number;
  readonly parent: number;
  readonly kind: 'keeper' | 'runner' | 'command';
  /** Epoch of the leader for whom it was started; `null` for a keeper. */
  readonly epoch: number | null;
  readonly ageMs: number;
}

/** What orch writes into the environment of every process of a project. */
export function stateMark(dir: string): string {
  const state = realpathSync(join(dir, '.orch'));
  return `ORCH_STATE=${createHash('sha256').update(state).digest('hex').slice(0, 24)}`;
}

/** Every living process of a project that is not a command line of orch itself. */
export function livingProcesses(dir: string): Living[] {
  if (!existsSync(join(dir, '.orch'))) return [];
  const mark = stateMark(dir);
  const keepers = registeredIn(dir);
  const known = strangers.get(mark);
  const others = new Set<number>();
  strangers.set(mark, others);
  return processIds().flatMap((pid) => {
    if (known?.has(pid) && !keepers.has(pid)) {
      others.add(pid);
      return [];
    }
    const environment = textOf(pid, 'environ').split('\0');
    const facts = processFacts(pid);
    if (facts === null || facts.zombie) return [];
    const ageMs = uptime() * 1_000 - Number(facts.start) * TICK_MS;
    if (!environment.includes(mark) && !isKeeper(pid, keepers)) {
      if (ageMs > SETTLED_MS) others.add(pid);
      return [];
    }
    const group = environment.find((entry) => entry.startsWith('ORCH_GROUP='));
    const epoch = group === undefined ? null : Number.parseInt(group.slice('ORCH_GROUP='.length), 10);
    const command = textOf(pid, 'cmdline');
    const kind =
      epoch === null ? 'keeper' : command.includes('runner-main.ts') ? ('runner' as const) : 'command';
    return [{ pid, parent: facts.parent, kind, epoch, ageMs }];
  });
}

/** A keeper that was started before there was a leader has no mark: what it writes down names it. */
function isKeeper(pid: number, registered: ReadonlySet<number>): boolean {
  return registered.has(pid) && textOf(pid, 'cmdline').includes('keeper-main.ts');
}

function registeredIn(dir: string): Set<number> {
  const folder = join(dir, '.orch', 'groups');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const groups = files.flatMap((name) => {
    try {
      return [...readFileSync(join(folder, name), 'utf8').matchAll(/"group":(\d+)/g)];
    } catch {
      return [];
    }
  });
  return new Set(groups.map(([, pid]) => Number(pid)));
}

/** The epoch of the newest leader that started a keeper: registries are named for it. */
export function newestEpoch(dir: string): number {
  const folder = join(dir, '.orch', 'groups');
  if (!existsSync(folder)) return 0;
  return Math.max(0, ...readdirSync(folder).map((name) => Number.parseInt(name, 10) || 0));
}

/** Whether a process is there and more than an exit code that nobody took. */
export function isAlive(pid: number): boolean {
  return processFacts(pid)?.zombie === false;
}

/** Ends a process that may have ended by itself meanwhile. */
export function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone.
  }
}

function textOf(pid: number, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
