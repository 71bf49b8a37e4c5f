import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { bootId, groupAlive, killByEnvironment, ownLine, signal, startOf } from './processes.ts';

/** A group of processes as it is written down before its work begins. */
interface GroupEntry {
  readonly group: number;
  readonly start: string;
  readonly boot: string;
}

const COMPACT_BYTES = 256 * 1024;

/**
 * The list of groups that one keeper started and that may live: a file, appended before a group may begin its
 * work, so that whoever comes after a crash knows what to kill.
 */
export class GroupRegistry {
  readonly path: string;
  readonly #boot = bootId();
  readonly #live = new Map<number, string>();
  #fd: number;
  #bytes = 0;

  constructor(path: string) {
    this.path = path;
    this.#fd = openSync(path, 'a', 0o600);
  }

  /** Writes a group down. The leader of the group is alive. */
  add(group: number): void {
    const line = `${JSON.stringify({ group, start: startOf(group) ?? '', boot: this.#boot })}\n`;
    this.#live.set(group, line);
    this.#append(line);
  }

  /** Nothing of the group lives any more. */
  remove(group: number): void {
    if (!this.#live.delete(group)) return;
    this.#append(`{"gone":${group}}\n`);
    if (this.#bytes > COMPACT_BYTES) this.#compact();
  }

  /** Removes the file: nothing of the keeper lives any more. */
  close(): void {
    closeSync(this.#fd);
    rmSync(this.path, { force: true });
  }

  #append(line: string): void {
    this.#bytes += line.length;
    writeSync(this.#fd, line);
  }

  #compact(): void {
    const text = [...this.#live.values()].join('');
    const fresh = `${this.path}.new`;
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, this.path);
    closeSync(this.#fd);
    this.#fd = openSync(this.path, 'a', 0o600);
    this.#bytes = text.length;
  }
}

/** The folder of the registries, made if it is not there. */
export function registryFolder(stateDir: string): string {
  const folder = join(stateDir, 'groups');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/**
 * Kills what is registered in the files of `folder`, and every process with `entries` in its environment;
 * resolves when nothing of it lives any more, and removes the files.
 *
 * @param only the one file to look at; all of them if absent
 * @throws Error if something cannot be killed: then nothing new may be started.
 */
export async function killLeftovers(
  folder: string,
  entries: readonly string[],
  only?: string,
): Promise<void> {
  const files = readdirSync(folder).filter((name) => only === undefined || name === basename(only));
  const boot = bootId();
  const groups = files
    .flatMap((name) => registered(join(folder, name)))
    .filter((entry) => entry.boot === boot);
  const living = groups.filter(({ group, start }) => isSame(group, start)).map(({ group }) => group);
  for (const group of living) signal(-group, 'SIGKILL');
  const spare = ownLine();
  let marked = killByEnvironment(entries, spare);
  for (let waitMs = 1; living.some(groupAlive) || marked.length > 0; waitMs *= 2) {
    if (waitMs > 4_000) {
      const left = [...new Set([...living.filter(groupAlive), ...marked])];
      throw new Error(`Processes of an earlier run cannot be killed: ${left.join(', ')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    for (const group of living) if (groupAlive(group)) signal(-group, 'SIGKILL');
    marked = killByEnvironment(entries, spare);
  }
  for (const name of files) rmSync(join(folder, name), { force: true });
}

/** The group is the one that was registered, or what is left of it after its leader. */
function isSame(group: number, start: string): boolean {
  const now = startOf(group);
  // While a member of a group lives, no new process gets the id of the group.
  return now === null ? groupAlive(group) : now === start;
}

function registered(path: string): GroupEntry[] {
  const live = new Map<number, GroupEntry>();
  for (const line of textOf(path).split('\n')) {
    const entry = parse(line);
    if (entry === null) continue;
    if ('gone' in entry) live.delete(entry.gone);
    else live.set(entry.group, entry);
  }
  return [...live.values()];
}

/** The text of a registry; nothing once its keeper, which still ends, has killed all of it and removed it. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** A torn last line is no entry: its group was not told to begin. */
function parse(line: string): GroupEntry | { readonly gone: number } | null {
  try {
    const value = JSON.parse(line) as Partial<GroupEntry & { gone: number }>;
    if (typeof value.gone === 'number') return { gone: value.gone };
    const { group, start, boot } = value;
    if (typeof group !== 'number' || group < 2 || typeof start !== 'string' || typeof boot !== 'string')
      return null;
    return { group, start, boot };
  } catch {
    return null;
  }
}
