import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ScheduleState } from '../model/slot.ts';
import type { ParsedFile } from '../parsing/parsed-file.ts';
import type { DagEntry } from '../planner/agenda.ts';
import type { DeclaredRecord } from '../store/dag-reads.ts';
import type { DagRecord, Store, VersionRecord } from '../store/store.ts';
import { entryOf, failuresOf } from './dag-entry.ts';
import { type Declared, isDeclaredSo, isTold } from './declared.ts';
import { isScheduledAnew } from './rescheduled.ts';
import { StoredVersion } from './stored-version.ts';
import type { SchedulerTidings } from './tidings.ts';
import type { DeclaredVersion, VersionKeeper } from './version-keeper.ts';

export interface ToldDagsOptions {
  readonly store: Store;
  readonly versions: VersionKeeper;
  /** A DAG is declared, for the first time or in another way than before. */
  readonly onSeen: (dag: DagEntry, version: VersionRecord, isRescheduled: boolean) => void;
  /** No file declares a DAG any more; `state` is what the store has of it. */
  readonly onGone: (dagId: string, state: ScheduleState) => void;
  /** What people should know of the files: of each once, of DAGs what has changed since the first look. */
  readonly onTidings: (tidings: SchedulerTidings) => void;
}

/** One look at the files. */
export interface Look {
  /** What a file declares with the graphs, evaluated anew if they are not at hand. */
  readonly parse: (file: string) => Promise<ParsedFile>;
  /** Files with mistakes. */
  readonly isBroken: (file: string) => boolean;
  /** DAGs that have another version than the one that their file declares. */
  readonly pinned: ReadonlySet<string>;
  /** Whether what was read still holds. */
  readonly holds: () => boolean;
  /** A file has changed while it was looked at. */
  readonly onChanged: () => void;
  /** People know the DAGs of before: they are told what is new. */
  readonly isNews: boolean;
}

/** DAGs that are told of in one turn of the leader, before others get theirs: some milliseconds. */
const TOLD_AT_ONCE = 250;

/** A DAG that a file declares, and what the store has of it. */
interface Found {
  readonly one: Declared;
  readonly record: DeclaredRecord | null;
}

/** A DAG with the version that its new runs have; `before`: what the store had when the look began. */
interface Ready extends Found {
  readonly record: DeclaredRecord;
  readonly version: VersionRecord;
  readonly before: DeclaredRecord | null;
}

/** A DAG of which the leader can be told. */
interface Told extends Ready {
  readonly entry: DagEntry;
  readonly isRescheduled: boolean;
}

/** Tells a leader of every DAG that is declared otherwise than it was told of. */
export class ToldDags {
  readonly #options: ToldDagsOptions;
  /** What was told of each DAG; `null`: the version that it had, because its file is broken. */
  readonly #told = new Map<string, Declared | null>();
  /** All DAGs of the store were looked at: those that were not told of are gone. */
  #isWhole = false;

  constructor(options: ToldDagsOptions) {
    this.#options = options;
  }

  /** Everything is told again. */
  forget(): void {
    this.#told.clear();
    this.#isWhole = false;
  }

  /** Tells of what every file declares, and of what none declares any more; as long as the look holds. */
  async tell(declared: readonly Declared[], look: Look): Promise<void> {
    const left = new Map(declared.map((one) => [one.dag.spec.id, one]));
    const undeclared: DeclaredRecord[] = [];
    const records = this.#isWhole ? this.#recordsOf(this.#changedIds(left)) : this.#allRecords();
    this.#isWhole = false;
    let isWhole = true;
    const tell = async (some: readonly Found[]): Promise<boolean> => {
      if (!(await this.#tellSome(some, look))) isWhole = false;
      return look.holds();
    };
    for await (const page of records) {
      const found: Found[] = [];
      for (const record of page) {
        const one = left.get(record.dagId);
        if (one === undefined) undeclared.push(record);
        else if (!this.#isTold(one)) found.push({ one, record });
        if (one !== undefined) left.delete(one.dag.spec.id);
      }
      if (!(await tell(found))) return;
    }
    const unstored = [...left.values()].filter((one) => !this.#isTold(one));
    for (let from = 0; from < unstored.length; from += TOLD_AT_ONCE) {
      const some = unstored.slice(from, from + TOLD_AT_ONCE);
      if (!(await tell(some.map((one) => ({ one, record: null }))))) return;
      await nextTurn();
    }
    for (const record of undeclared) await this.#tellUndeclared(record, look);
    this.#isWhole = isWhole && look.holds();
  }

  #isTold(one: Declared): boolean {
    return isTold(this.#told.get(one.dag.spec.id), one);
  }

  /** DAGs of which there may be something to tell after everything was told. */
  #changedIds(all: ReadonlyMap<string, Declared>): ReadonlySet<string> {
    const ids = this.#options.versions.takeSaved();
    for (const [dagId, one] of all) if (!this.#isTold(one)) ids.add(dagId);
    for (const dagId of this.#told.keys()) if (!all.has(dagId)) ids.add(dagId);
    return ids;
  }

  async *#recordsOf(ids: ReadonlySet<string>): AsyncGenerator<readonly DeclaredRecord[]> {
    const left = [...ids];
    while (left.length > 0)
      yield await this.#options.store.declaredDags({ ids: left.splice(0, TOLD_AT_ONCE) });
  }

  /** All DAGs of the store, some at a time: most of what is read of many is not needed for long. */
  async *#allRecords(): AsyncGenerator<readonly DeclaredRecord[]> {
    const { store, versions } = this.#options;
    versions.takeSaved();
    for (let afterId = ''; ; ) {
      const page = await store.declaredDags({ afterId, limit: TOLD_AT_ONCE });
      if (page.length === 0) return;
      yield page;
      afterId = page.at(-1)?.dagId ?? '';
      await nextTurn();
    }
  }

  /** Tells of some DAGs in one turn of the leader; whether of all of them. */
  async #tellSome(some: readonly Found[], look: Look): Promise<boolean> {
    const ready: Ready[] = [];
    const changed: Found[] = [];
    const kept = new Set<string>();
    for (const found of some) {
      const version = this.#asStored(found, look, kept);
      if (version === null || found.record === null) changed.push(found);
      else ready.push({ one: found.one, record: found.record, version, before: found.record });
    }
    if (changed.length > 0) ready.push(...(await this.#keep(changed, look)));
    const told = await this.#withHistory(ready);
    if (!look.holds()) return false;
    for (const one of told) this.#tellOne(one, look);
    return told.length === some.length;
  }

  /** The version in force, if it is the one that is declared and its code is kept. */
  #asStored({ one, record }: Found, { pinned }: Look, kept: Set<string>): VersionRecord | null {
    const { versions } = this.#options;
    // One that is pinned is stored as declared: that may be what ends its pin.
    if (record === null || pinned.has(record.dagId) || !isDeclaredSo(record, one.file, one.dag)) return null;
    const { digest } = one.dag.code;
    if (!kept.has(digest) && !versions.hasCode(digest)) return null;
    kept.add(digest);
    const version = new StoredVersion(record, one);
    versions.know(version);
    return version;
  }

  /** Stores what is declared; what has changed again is left out. */
  async #keep(some: readonly Found[], look: Look): Promise<readonly Ready[]> {
    const { store, versions } = this.#options;
    const orders: DeclaredVersion[] = [];
    const found: Found[] = [];
    for (const one of some) {
      const order = await this.#orderOf(one, look);
      if (!look.holds()) return [];
      if (order === null) continue;
      orders.push(order);
      found.push(one);
    }
    if (orders.length === 0) return [];
    const inForce = await versions.keepAll(orders);
    const records = await store.declaredDags({ ids: found.map(({ one }) => one.dag.spec.id) });
    const byId = new Map(records.map((record) => [record.dagId, record]));
    return found.flatMap(({ one, record: before }, at): Ready[] => {
      const record = byId.get(one.dag.spec.id);
      return record === undefined ? [] : [{ one, record, version: inForce[at] as VersionRecord, before }];
    });
  }

  /** What is to be stored of a DAG; `null` if it has changed again. */
  async #orderOf({ one, record }: Found, look: Look): Promise<DeclaredVersion | null> {
    const { file, dag } = one;
    const { id } = dag.spec;
    const parsed = await look.parse(file);
    const full = parsed.dags.find(({ spec }) => spec.id === id);
    if (full?.graphHash !== dag.graphHash || full.code.digest !== dag.code.digest) {
      look.onChanged();
      return null;
    }
    const isInForce = record !== null && !look.pinned.has(id);
    return { file, dag: full, stored: isInForce ? new StoredVersion(record, one) : null };
  }

  /** With what the store knows of the runs and the slots of DAGs; most have nothing that is asked for. */
  async #withHistory(ready: readonly Ready[]): Promise<readonly Told[]> {
    const { store } = this.#options;
    const told: Told[] = [];
    for (const one of ready) {
      const { version, record } = one;
      const { dag } = one.one;
      // One that is pinned is not due as its file says.
      const agenda = version.graphHash === dag.graphHash ? dag.agenda : version.spec;
      const counts = agenda.pauseAfterFailures !== undefined;
      const failures = counts ? await failuresOf(store, { dagId: dag.spec.id, spec: agenda }, record) : 0;
      const isDecided = record.decidedNo === null || record.decidedNo === version.versionNo;
      const isRescheduled = !isDecided && (await isScheduledAnew(store, version, record));
      told.push({ ...one, entry: entryOf(version, record, failures, agenda), isRescheduled });
    }
    return told;
  }

  #tellOne({ one, entry, version, isRescheduled, before }: Told, look: Look): void {
    const { onSeen, onTidings } = this.#options;
    const { dagId, versionNo } = entry;
    this.#told.set(dagId, one);
    onSeen(entry, version, isRescheduled);
    const isNew = before === null || !before.present;
    if (look.isNews && (isNew || versionNo !== before.versionNo))
      onTidings({ type: 'dag', dagId, change: isNew ? 'new' : 'changed', version: versionNo });
  }

  /** A DAG whose file is broken goes on as it was; one that no file declares is gone. */
  async #tellUndeclared(record: DagRecord, look: Look): Promise<void> {
    const { store, onSeen, onGone, onTidings } = this.#options;
    const { dagId, versionNo } = record;
    if (!look.isBroken(record.file)) {
      if (!this.#told.delete(dagId) && !record.present) return;
      onGone(dagId, record);
      return onTidings({ type: 'dag', dagId, change: 'gone', version: versionNo });
    }
    if (this.#told.has(dagId) || !record.present) return;
    const version = await store.version(versionNo);
    if (version === null || !look.holds()) return;
    const failures = await failuresOf(store, version, record);
    this.#told.set(dagId, null);
    onSeen(entryOf(version, record, failures), version, false);
  }
}
