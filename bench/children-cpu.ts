import { readFileSync } from 'node:fs';
import { descendants } from './children-memory.ts';

/** Clock ticks of a second, as Linux has them on every machine that Node runs on. */
const TICKS_A_SECOND = 100;

/** CPU time that all descendants of this process have had, in milliseconds; 0 without /proc. */
export function childrenCpuMs(): number {
  return descendants().reduce((sum, pid) => sum + cpuMsOf(pid), 0);
}

function cpuMsOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // Its own, and that of its children which have ended.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return (ticks * 1000) / TICKS_A_SECOND;
  } catch {
    return 0;
  }
}
