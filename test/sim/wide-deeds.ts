import type { ApprovalAction } from '../../core/model/dag.ts';
import type { Request } from '../../core/model/request.ts';
import { isRunFinished, type TaskState } from '../../core/model/states.ts';
import { readRunView } from '../../core/store/read-run-view.ts';
import type { Store } from '../../core/store/store.ts';
import type { Random } from '../unit/planner/random.ts';
import { OUTSIDE } from './wide-dag.ts';

/** What people do in wide worlds only. */
export const WIDE_DEEDS = [
  'retryWaiting',
  'markWaiting',
  'answer',
  'answer',
  'answerTwice',
  'answerLate',
  'answerBadly',
  'answerAtLast',
  'report',
  'report',
  'reportTwice',
  'reportBadly',
] as const;
export type WideDeed = (typeof WIDE_DEEDS)[number];

/** A request, and how long its asker waits before it is asked. */
export interface Wish {
  readonly request: Request;
  readonly afterMs: number;
}

/** An instance that there is, in a run that may be over. */
interface Found {
  readonly runUid: string;
  readonly instance: string;
  readonly state: TaskState;
  readonly dueAt: number | null;
  /** What people are asked there. */
  readonly question: ApprovalAction | null;
}

/** What people want when they do something of a kind to something that there is. */
export async function wishesFor(store: Store, kind: WideDeed, random: Random, now: number): Promise<Wish[]> {
  const by = 'ann';
  if (isReport(kind)) return reports(kind, random, by);
  const all = await instancesIn(store);
  const at = (request: Request, afterMs = 0): Wish => ({ request, afterMs });
  if (kind === 'retryWaiting' || kind === 'markWaiting') {
    const found = random.pick(all.filter(({ state }) => state === 'waiting' || state === 'up_for_retry'));
    if (found === undefined) return [];
    const { runUid, instance } = found;
    const state = random.pick(['success', 'failed'] as const);
    if (kind === 'markWaiting') return [at({ type: 'markTask', runUid, by, instance, state })];
    const again = { type: 'retry', runUid, by, select: 'tasks', tasks: [instance] } as const;
    return [at({ ...again, upstream: false, downstream: random.chance(0.5), latest: false })];
  }
  const asking = all.filter(({ question }) => question !== null);
  const isOpen = ({ state }: Found): boolean => state === 'waiting';
  const found = random.pick(asking.filter((one) => isOpen(one) !== (kind === 'answerLate')));
  if (found === undefined) return [];
  const { options } = found.question as ApprovalAction;
  if (kind === 'answerBadly') return [at(answerTo(found, 'perhaps', by))];
  const answer = answerTo(found, random.pick(options), by);
  if (kind === 'answerTwice') return [at(answer), at(answerTo(found, random.pick(options), 'bob'))];
  // In the moment in which nobody waits for it any more.
  if (kind === 'answerAtLast') return [at(answer, Math.max(0, (found.dueAt ?? now) - now))];
  return [at(answer)];
}

type Report = 'report' | 'reportTwice' | 'reportBadly';

function isReport(kind: WideDeed): kind is Report {
  return kind.startsWith('report');
}

/** People say that something outside has changed. */
function reports(kind: Report, random: Random, by: string): Wish[] {
  const uri = kind === 'reportBadly' ? 'no asset' : random.pick(OUTSIDE);
  const request = { type: 'assetEvent', uri, extra: random.chance(0.5) ? { rows: 3 } : null, by } as const;
  return Array.from({ length: kind === 'reportTwice' ? 2 : 1 }, () => ({ request, afterMs: 0 }));
}

/** Answers to everything that waits for one as long as its run. */
export async function lastAnswers(store: Store): Promise<Request[]> {
  const asking = (await instancesIn(store)).filter(({ state, question }) => {
    return state === 'waiting' && question !== null && question.answerWithinMs === undefined;
  });
  return asking.map((one) => answerTo(one, (one.question as ApprovalAction).options[0] as string, 'ann'));
}

function answerTo({ runUid, instance }: Found, option: string, by: string): Request {
  return { type: 'approve', runUid, by, instance, option, message: null };
}

async function instancesIn(store: Store): Promise<Found[]> {
  const found: Found[] = [];
  for (const run of await store.runs({ limit: 1_000 })) {
    if (isRunFinished(run.state) && found.length > 100) continue;
    const view = await readRunView(store, run.runNo, { outputs: false });
    const actions = new Map(view?.version.spec.tasks.map(({ path, action }) => [path, action]));
    for (const { name, state, taskId, dueAt } of view?.tasks ?? []) {
      const action = actions.get(taskId);
      const question = action?.kind === 'approval' ? action : null;
      found.push({ runUid: run.uid, instance: name, state, dueAt, question });
    }
  }
  return found;
}
