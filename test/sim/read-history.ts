import type { HookRecord } from '../../core/model/hook.ts';
import type { NodeNo } from '../../core/model/ids.ts';
import type { AttemptRecord } from '../../core/model/run.ts';
import { violationText } from '../../core/model/violation.ts';
import type { JournalRecord, Store, VersionRecord } from '../../core/store/store.ts';
import type { RunHistory, SimHistory } from './history.ts';
import type { People } from './people.ts';

const EVERYTHING = 1_000_000;

type Known = Omit<
  SimHistory,
  'hooks' | 'runs' | 'versions' | 'dags' | 'slots' | 'journal' | 'asked' | 'problems'
>;

/** Everything that the store has of a world, beside what is known from outside. */
export async function readHistory(store: Store, known: Known, asked: People['asked']): Promise<SimHistory> {
  const journal = await store.journal({ limit: EVERYTHING });
  const versions = new Map<number, VersionRecord>();
  const dags = await store.dags();
  const slots = new Map();
  for (const { dagId } of dags)
    slots.set(dagId, [...(await store.slots({ dagId, limit: EVERYTHING }))].reverse());
  const byRun = Map.groupBy(journal, (line) => line.runNo);
  const hooks: HookRecord[] = [];
  const runs: RunHistory[] = [];
  for (const { runNo } of [...(await store.runs({ limit: EVERYTHING }))].reverse()) {
    const stored = await store.loadRun(runNo);
    if (stored === null) continue;
    const { run, version, expansions, instances } = stored;
    versions.set(version.versionNo, version);
    const attempts = new Map<number, readonly AttemptRecord[]>();
    for (const { nodeNo, tryNo } of instances)
      if (tryNo > 1) attempts.set(nodeNo, await store.attempts(runNo, nodeNo as NodeNo));
    const lines: readonly JournalRecord[] = byRun.get(runNo) ?? [];
    hooks.push(...(await store.hooks(runNo)));
    runs.push({ run, version, expansions, instances, attempts, journal: lines });
  }
  for (let no = 1; ; no++) {
    const version = await store.version(no as VersionRecord['versionNo']);
    if (version === null) break;
    versions.set(no, version);
  }
  const answers = [];
  for (const one of asked) answers.push({ ...one, answer: await store.answer(one.inboxId) });
  const problems = (await store.checkIntegrity()).map(violationText);
  return { ...known, hooks, runs, versions, dags, slots, journal, asked: answers, problems };
}
