import childProcess, { type ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { syncBuiltinESMExports } from 'node:module';
import { hasEnvironment, processFacts, processIds } from './processes.ts';

/** Calls back whenever code of this process starts another process, in whatever way Node has. */
export function watchStartedProcesses(onStart: (child: ChildProcess | null) => void): void {
  subscribe('child_process', (message) => {
    onStart((message as { readonly process?: ChildProcess }).process ?? null);
  });
  const target = childProcess as unknown as { [name: string]: (...args: unknown[]) => unknown };
  for (const name of ['spawnSync', 'execSync', 'execFileSync']) {
    const original = target[name];
    if (!original) continue;
    target[name] = (...args) => {
      onStart(null);
      return original(...args);
    };
  }
  syncBuiltinESMExports();
}

/** Whether a process lives that was started by an attempt of this process: in its group, or with its id. */
export function leftProcesses(attemptId: string): boolean {
  const mark = [`ORCH_ATTEMPT=${attemptId}`];
  return processIds().some((pid) => {
    if (pid === process.pid) return false;
    const facts = processFacts(pid);
    if (facts === null || facts.zombie) return false;
    return facts.group === process.pid || hasEnvironment(pid, mark);
  });
}
