import childProcess from 'node:child_process';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { StatementSync } from 'node:sqlite';

/**
 * Loaded before the code of a process that is to kill itself: `ORCH_KILL_POINT=leader:sqlite:before:12` ends
 * the command line that leads with SIGKILL before it runs its twelfth statement, `keeper:file:after:3` the
 * keeper after its third change of a file. It happens once for `ORCH_KILL_MARK`, a file that tells of it.
 */
export const OPERATIONS = ['sqlite', 'pg', 'file', 'spawn', 'socket'] as const;
export type Operation = (typeof OPERATIONS)[number];

export type Call = (...args: unknown[]) => unknown;
export type Members = { [name: string]: Call };

const FILE_CHANGES = [
  'writeSync',
  'writeFileSync',
  'appendFileSync',
  'renameSync',
  'mkdirSync',
  'rmSync',
  'chmodSync',
  'ftruncateSync',
  'linkSync',
  'copyFileSync',
];

/** Which file a process was started with tells what it is. */
export const ENTRIES = { leader: /\borch\.js$/, keeper: /\bkeeper-main\.ts$/ };
const { openSync } = fs;

function strike(mark: string): void {
  try {
    openSync(mark, 'wx');
  } catch {
    return;
  }
  process.kill(process.pid, 'SIGKILL');
}

/** Puts the point around some members of a module or prototype. */
function wrap(target: Members, names: readonly string[], reached: (when: 'before' | 'after') => void): void {
  for (const name of names) {
    const original = target[name];
    if (!original) throw new Error(`there is no ${name} to wrap`);
    target[name] = function (this: unknown, ...args: unknown[]) {
      reached('before');
      const result = original.apply(this, args);
      reached('after');
      return result;
    };
  }
}

/** Tells before and after every operation of a kind that this process does from now on. */
export async function watchOperation(
  operation: Operation,
  reached: (when: 'before' | 'after') => void,
): Promise<void> {
  switch (operation) {
    case 'sqlite':
      return wrap(StatementSync.prototype as unknown as Members, ['run', 'all', 'get'], reached);
    case 'pg': {
      const { default: pg } = await import('pg');
      return wrap(pg.Client.prototype as unknown as Members, ['query'], reached);
    }
    case 'file':
      wrap(fs as unknown as Members, FILE_CHANGES, reached);
      return syncBuiltinESMExports();
    case 'spawn':
      wrap(childProcess as unknown as Members, ['spawn'], reached);
      return syncBuiltinESMExports();
    case 'socket':
      return wrap(Socket.prototype as unknown as Members, ['write'], reached);
  }
}

const [role, operation, when, nth] = (process.env['ORCH_KILL_POINT'] ?? '').split(':');
const mark = process.env['ORCH_KILL_MARK'];
const entry = role === 'leader' || role === 'keeper' ? ENTRIES[role] : null;
if (mark !== undefined && entry?.test(process.argv[1] ?? '') && !fs.existsSync(mark)) {
  const seen = { before: 0, after: 0 };
  await watchOperation(operation as Operation, (now) => {
    seen[now] += 1;
    if (now === when && seen[now] === Number(nth)) strike(mark);
  });
}
