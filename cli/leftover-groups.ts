import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootId, groupAlive } from '../core/executors/processes.ts';

interface GroupLine {
  readonly group?: number;
  readonly boot?: string;
  readonly gone?: number;
}

/** Process groups of tasks that are written down in the state folder and live. */
export function livingGroups(stateDir: string): readonly number[] {
  const folder = join(stateDir, 'groups');
  const found = new Set<number>();
  for (const file of filesIn(folder)) {
    for (const text of readFileSync(join(folder, file), 'utf8').split('\n')) {
      const line = parsed(text);
      if (line?.gone !== undefined) found.delete(line.gone);
      else if (line?.group !== undefined && line.boot === bootId()) found.add(line.group);
    }
  }
  return [...found].filter((group) => groupAlive(group));
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** A line that a crash cut off is no line. */
function parsed(text: string): GroupLine | null {
  try {
    return JSON.parse(text) as GroupLine | null;
  } catch {
    return null;
  }
}
