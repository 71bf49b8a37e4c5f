import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { monotonicMs } from '../body.ts';
import type { Turn } from '../dependency-order.ts';
import { inTurns } from '../dependency-order.ts';
import type { BenchSystem } from '../system.ts';
import { CONCURRENCY } from '../workloads.ts';
import { TaskThreads } from './task-threads.ts';

const SCHEMA = `
  create table run (no integer primary key, state text not null, created_at real not null);
  create table instance (
    run integer not null, task text not null, state text not null,
    queued_at real, started_at real, ended_at real,
    primary key (run, task)
  ) without rowid;
  create index instance_open on instance (state) where state in ('queued', 'running');`;

function openLedger(file: string, synchronous: 'normal' | 'full') {
  const db = new DatabaseSync(file);
  db.exec(`pragma journal_mode = wal; pragma synchronous = ${synchronous}; ${SCHEMA}`);
  const update = (state: string, column: string) =>
    db.prepare(`update instance set state = '${state}', ${column} = ? where run = ? and task = ?`);
  const insertRun = db.prepare("insert into run (state, created_at) values ('running', ?) returning no");
  const insertInstance = db.prepare("insert into instance (run, task, state) values (?, ?, 'none')");
  const endRun = db.prepare("update run set state = 'success' where no = ?");
  const [queued, started, ended] = [
    update('queued', 'queued_at'),
    update('running', 'started_at'),
    update('success', 'ended_at'),
  ];
  const inTransaction = <T>(work: () => T): T => {
    db.exec('begin immediate');
    const result = work();
    db.exec('commit');
    return result;
  };
  return {
    begin: (tasks: readonly string[]): number =>
      inTransaction(() => {
        const no = Number(insertRun.get(monotonicMs())?.['no']);
        for (const task of tasks) insertInstance.run(no, task);
        return no;
      }),
    commit: (run: number, turn: Turn): void =>
      inTransaction(() => {
        const at = monotonicMs();
        for (const task of turn.ended) ended.run(at, run, task);
        for (const task of turn.queued) queued.run(at, run, task);
        for (const task of turn.started) started.run(at, run, task);
      }),
    end: (run: number): void => void endRun.run(run),
    close: (): void => db.close(),
  };
}

/**
 * The limit of the machine: every transition durable in SQLite with one commit a turn, bodies in two warm
 * threads, and nothing else of an orchestrator.
 */
export async function openSqliteLimit(synchronous: 'normal' | 'full'): Promise<BenchSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'orch-bench-limit-'));
  const ledger = openLedger(join(folder, 'limit.db'), synchronous);
  const threads = new TaskThreads();
  return {
    async run(_workload, tasks, witness) {
      const run = ledger.begin(tasks.map((task) => task.id));
      await inTurns(
        tasks,
        CONCURRENCY,
        (turn) => ledger.commit(run, turn),
        (task, ended) =>
          threads.run(task, (span) => {
            witness.saw(task.id, span);
            ended();
          }),
      );
      ledger.end(run);
    },
    async close() {
      await threads.close();
      ledger.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
