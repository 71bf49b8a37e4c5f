/**
 * Loaded before the code of a scheduler and of its keeper: they strike themselves at the point that is armed
 * in `ORCH_KILL_DIR`, and the scheduler keeps the ledger there. `ORCH_KILL_STORE` is the kind of its store;
 * `ORCH_KILL_JANITOR_MS` has the first look of the janitor come so soon.
 */
import fs from 'node:fs';
import type { Action } from '../../../core/model/action.ts';
import type { Lease, Tick } from '../../../core/store/store.ts';
import { type Call, ENTRIES, type Members, type Operation, watchOperation } from '../kill-points.ts';
import { type LedgerLine, ledgerFile } from './ledger.ts';
import { type ArmedPoint, armedFile, type Place, struckFile, type When } from './points.ts';

// Taken before files are among what is watched.
const { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } = fs;

const dir = process.env['ORCH_KILL_DIR'] ?? '';
const isPostgres = process.env['ORCH_KILL_STORE'] === 'postgres';
const entry = process.argv[1] ?? '';
const role = ENTRIES.keeper.test(entry) ? 'keeper' : ENTRIES.leader.test(entry) ? 'leader' : null;
let armed: ArmedPoint | null = null;
let seen = 0;
let isLeading = false;

/** Strikes if this is the point that is armed, for the n-th time. */
function reached(place: ArmedPoint['place'], when: When): void {
  if (!existsSync(armedFile(dir))) return;
  const point = readPoint();
  if (point === null || point.role !== role || point.place !== place || point.when !== when) return;
  if (role === 'leader' && !isLeading && place !== 'lead') return;
  if (point.id !== armed?.id) seen = 0;
  armed = point;
  seen += 1;
  if (seen === point.nth) strike(point);
}

function readPoint(): ArmedPoint | null {
  try {
    return JSON.parse(readFileSync(armedFile(dir), 'utf8')) as ArmedPoint;
  } catch {
    return null;
  }
}

function strike({ id, signal }: ArmedPoint): void {
  const file = struckFile(dir, id);
  try {
    renameSync(armedFile(dir), `${file}.claimed`);
  } catch {
    // Somebody else was there first, or it is not armed any more.
    return;
  }
  writeFileSync(`${file}.new`, JSON.stringify({ pid: process.pid, at: Date.now() }));
  renameSync(`${file}.new`, file);
  process.kill(process.pid, signal);
}

function note(line: Omit<LedgerLine, 'pid' | 'at'>): void {
  appendFileSync(ledgerFile(dir), `${JSON.stringify({ ...line, pid: process.pid, at: Date.now() })}\n`);
}

/**
 * Puts points around a method. `placeOf` says which, by the arguments; `onDone` is called when the call is
 * done, before the last point.
 */
function around(
  target: object,
  name: string,
  placeOf: (args: readonly unknown[]) => Place,
  onDone: (result: unknown, args: readonly unknown[]) => void = () => {},
): void {
  const members = target as Members;
  const original = members[name] as Call;
  members[name] = function (this: unknown, ...args: unknown[]) {
    const place = placeOf(args);
    const done = (result: unknown): unknown => {
      onDone(result, args);
      reached(place, 'after');
      return result;
    };
    reached(place, 'before');
    const result = original.apply(this, args);
    if (!(result instanceof Promise)) return done(result);
    reached(place, 'during');
    return result.then(done);
  };
}

function placeOfTick(args: readonly unknown[]): Place {
  const { actions } = args[1] as Tick;
  const makesRun = (action: Action): boolean =>
    action.type === 'run.create' && action.run.trigger === 'schedule';
  if (actions.some(makesRun)) return 'slot';
  return actions.some(({ type }) => type === 'answer') ? 'answer' : 'tick';
}

function noteCommit(result: unknown, args: readonly unknown[]): void {
  if (!(result as { ok: boolean }).ok) return;
  const [lease, tick] = args as [Lease, Tick];
  const moves = tick.actions.flatMap((action) =>
    action.type === 'dag.change'
      ? [{ dagId: action.dagId, from: action.fromCursorAt, to: action.state.cursorAt }]
      : [],
  );
  note({ word: 'COMMIT', epoch: lease.epoch, moves });
}

function noteLead(lease: unknown): void {
  if (lease === null) return;
  isLeading = true;
  note({ word: 'LEAD', epoch: (lease as Lease).epoch, moves: [] });
  void (lease as Lease).lost.then(() => {
    isLeading = false;
  });
}

async function watchScheduler(): Promise<void> {
  // As in a scheduler that is not watched, before anything of orch is loaded.
  await import('../../../core/parsing/own-imports-main.ts');
  const [store, { Dispatcher }, { Leadership }, { Janitor }] = await Promise.all([
    isPostgres
      ? import('../../../core/store/postgres/postgres-store.ts').then((one) => one.PostgresStore.prototype)
      : import('../../../core/store/sqlite/sqlite-store.ts').then((one) => one.SqliteStore.prototype),
    import('../../../core/scheduler/dispatcher.ts'),
    import('../../../core/scheduler/lead.ts'),
    import('../../../core/scheduler/janitor.ts'),
  ]);
  around(store, 'commit', placeOfTick, noteCommit);
  around(store, 'saveVersions', () => 'reload');
  around(store, 'purgeRuns', () => 'janitor');
  around(store, 'tryLead', () => 'lead', noteLead);
  around(store, 'unfinishedRuns', () => 'takeUp');
  around(Dispatcher.prototype, 'dispatch', () => 'handOver');
  around(Leadership.prototype, 'schedule', () => 'schedule');
  hasten(Janitor.prototype as unknown as Members, Number(process.env['ORCH_KILL_JANITOR_MS']));
}

/** Has the timer that `start` sets ring after so long. */
function hasten(janitor: Members, ms: number): void {
  const start = janitor['start'] as Call;
  janitor['start'] = function (this: unknown) {
    const { setTimeout } = globalThis;
    globalThis.setTimeout = ((act: () => void) => setTimeout(act, ms)) as typeof setTimeout;
    try {
      start.call(this);
    } finally {
      globalThis.setTimeout = setTimeout;
    }
  };
}

if (role !== null) {
  if (role === 'leader') await watchScheduler();
  const database: Operation = isPostgres ? 'pg' : 'sqlite';
  const operations: readonly Operation[] = [
    'file',
    'spawn',
    'socket',
    ...(role === 'leader' ? [database] : []),
  ];
  for (const operation of operations) await watchOperation(operation, (when) => reached(operation, when));
}
