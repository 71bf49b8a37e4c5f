import { readdirSync, readFileSync } from 'node:fs';

function parentOf(pid: string): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? null;
  } catch {
    return null;
  }
}

function proportionalKib(pid: string): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** The ids of all living descendants of this process; empty without /proc. */
export function descendants(): string[] {
  if (process.platform !== 'linux') return [];
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, parentOf(pid)]),
  );
  const family = new Set([String(process.pid)]);
  for (let grew = true; grew; ) {
    const before = family.size;
    for (const [pid, parent] of parents) if (parent !== null && family.has(parent)) family.add(pid);
    grew = family.size > before;
  }
  family.delete(String(process.pid));
  return [...family];
}

/** Memory of all descendants of this process in MiB, shared pages by share (PSS); `null` without /proc. */
export function childrenMib(): number | null {
  if (process.platform !== 'linux') return null;
  return descendants().reduce((sum, pid) => sum + proportionalKib(pid), 0) / 1024;
}
