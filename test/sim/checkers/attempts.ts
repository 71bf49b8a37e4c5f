import { BECAUSE_CODES } from '../../../core/model/because.ts';
import type { RetryPolicy, TaskSpec } from '../../../core/model/dag.ts';
import { isRunFinished, TASK_STATES, type TaskState } from '../../../core/model/states.ts';
import { outlivedSuccessor, startedTwice } from '../../checkers/started-once.ts';
import type { SimHistory, Violation, Witness, Written } from '../history.ts';
import { isUndisturbed } from './clock-jumps.ts';
import { Replay, type RunNow } from './replay.ts';

/** States in which no instance is when its run has ended. */
const OPEN: readonly TaskState[] = ['none', 'up_for_retry', 'waiting', 'queued', 'running'];
/** How exact the time of a leader is that wakes late: its ticks, and `running` that is stored later. */
const SLACK_MS = 1_500;
/** How long a busy store may keep a leader from deciding. */
const BUSY_MS = 20_000;

/**
 * S9 one process an attempt and instance, S8/S17 nothing starts for a leader that was replaced or a run that
 * ends, S14 a finished run is quiet, S25 what was not stored does not start.
 */
export function checkProcesses(history: SimHistory): Violation[] {
  const { witness, written } = history;
  const found: Violation[] = [
    ...startedTwice(witness).map((text) => ({ invariant: 'S9', text })),
    ...outlivedSuccessor(witness).map((text) => ({ invariant: 'S9', text })),
  ];
  const replay = new Replay(history);
  const live = new Map<string, string>();
  let at = 0;
  for (const sign of witness) {
    for (; at < sign.seq; at++) {
      replay.apply(written[at] as Written);
      checkQuiet(replay, written[at] as Written, live, found);
    }
    const instance = sign.attemptId.slice(0, sign.attemptId.lastIndexOf('.'));
    if (sign.word !== 'START') {
      live.delete(instance);
      continue;
    }
    const other = live.get(instance);
    if (other !== undefined)
      found.push({ invariant: 'S9', text: `${sign.attemptId} started while ${other} lived` });
    live.set(instance, sign.attemptId);
    checkStart(replay, sign, found);
  }
  for (; at < written.length; at++) {
    replay.apply(written[at] as Written);
    checkQuiet(replay, written[at] as Written, live, found);
  }
  for (const id of live.values()) found.push({ invariant: 'L9', text: `${id} lived at the end` });
  return found;
}

function checkQuiet(
  replay: Replay,
  { actions }: Written,
  live: Map<string, string>,
  found: Violation[],
): void {
  for (const action of actions) {
    if (action.type !== 'run.change' || !isRunFinished(action.to)) continue;
    const run = replay.runs.get(action.runNo) as RunNow;
    if (!isRunFinished(run.state)) continue;
    for (const [instance, id] of live)
      if (instance.startsWith(`${action.runNo}.`))
        found.push({ invariant: 'S14', text: `run ${action.runNo} ended while ${id} lived` });
    const there = new Set(run.layout.all().map(({ node }) => node));
    for (const [node, { state }] of run.nodes) {
      // What stands for keys that have come is there no more.
      if (!there.has(node)) continue;
      if (OPEN.includes(state))
        found.push({ invariant: 'S14', text: `run ${action.runNo} ended while node ${node} was ${state}` });
    }
  }
}

function checkStart(replay: Replay, sign: Witness, found: Violation[]): void {
  const { attemptId, epoch, leads } = sign;
  const [runNo, node, tryNo] = attemptId.split('.').map(Number) as [number, number, number];
  if (epoch !== leads)
    found.push({ invariant: 'S8', text: `${attemptId} started for epoch ${epoch} while ${leads} led` });
  const run = replay.runs.get(runNo);
  const now = run?.nodes.get(node);
  if (run === undefined || now === undefined || now.tryNo < tryNo) {
    found.push({ invariant: 'S25', text: `${attemptId} started and was not stored` });
    return;
  }
  if (now.tryNo !== tryNo || (now.state !== 'queued' && now.state !== 'running'))
    found.push({
      invariant: 'S17',
      text: `${attemptId} started when it was ${now.state} after ${now.tryNo}`,
    });
}

/** S17 nothing is given a slot in a run that ends, S13 bounded attempts, S3 no retry before its time. */
export function checkDecisions(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  const ends = new Map(
    history.witness.filter(({ word }) => word !== 'START').map((one) => [one.attemptId, one]),
  );
  const failures = new Map<string, { failed: number; lost: number; byNode: string | null }>();
  for (const written of history.written) {
    const before = new Map<number, boolean>();
    const begun = new Set<string>();
    for (const action of written.actions)
      if (action.type === 'instance' && !before.has(action.runNo))
        before.set(action.runNo, replay.runs.get(action.runNo)?.abort != null);
    const previous = (runNo: number, node: number) => replay.runs.get(runNo)?.nodes.get(node);
    const past = new Map(
      written.actions.flatMap((one) =>
        one.type === 'instance' ? [[`${one.runNo}.${one.nodeNo}`, previous(one.runNo, one.nodeNo)]] : [],
      ),
    );
    replay.apply(written);
    for (const action of written.actions) {
      if (action.type !== 'instance') continue;
      const id = `${action.runNo}.${action.nodeNo}`;
      const run = replay.runs.get(action.runNo) as RunNow;
      const code = BECAUSE_CODES[action.because] as string;
      const to = TASK_STATES[action.to] as string;
      const task = run.layout.at(action.nodeNo).spec as TaskSpec;
      const count = failures.get(id) ?? { failed: 0, lost: 0, byNode: null };
      failures.set(id, count);
      if (to === 'none' && code === 'retried' && (action.tryBase !== action.tryNo || action.lost > 0))
        found.push({ invariant: 'S13', text: `${id} begins anew and what it had failed before counts` });
      if (to === 'none') failures.set(id, { failed: 0, lost: 0, byNode: null });
      if (code === 'retry_wait') count.failed++;
      if (code === 'attempt_lost' && to === 'up_for_retry') count.lost++;
      const policy = policyOf(history, run, task);
      if (count.failed > policy.max)
        found.push({
          invariant: 'S13',
          text: `${id} is tried again after ${count.failed} failures of ${policy.max}`,
        });
      if (count.lost > history.limits.defaults.lostBudget)
        found.push({ invariant: 'S13', text: `${id} is tried again after ${count.lost} losses` });
      if (task.onLost === 'fail' && code === 'attempt_lost' && to === 'up_for_retry')
        found.push({ invariant: 'S13', text: `${id} is tried again although it must not be` });
      if (to === 'failed') checkGivenUp(history, run, id, code, count, policy, found);
      if (code === 'succeeded' && before.get(action.runNo) && run.abort && !task.teardown)
        found.push({ invariant: 'S17', text: `${id} succeeded although its run ends (${run.abort.code})` });
      if (to === 'none') begun.add(id);
      if (to !== 'queued') continue;
      if (run.critical && !run.touched && !task.teardown)
        found.push({ invariant: 'S17', text: `${id} got a slot although a critical task failed` });
      if (before.get(action.runNo) && run.abort && (run.abort.kill || !task.teardown))
        found.push({ invariant: 'S17', text: `${id} got a slot although its run ends (${run.abort.code})` });
      // What people began anew waits for nothing.
      const waited = begun.has(id) ? undefined : past.get(id);
      if (waited?.state === 'up_for_retry' && waited.code === 'retry_wait') {
        const end = ends.get(`${id}.${waited.tryNo}`);
        if (end && isUndisturbed(history, end.atMono, written.atMono))
          checkWait(id, count.failed, policy, end, written, found);
      }
    }
  }
  return found;
}

function policyOf(history: SimHistory, run: RunNow, task: TaskSpec): RetryPolicy {
  const spec = history.versions.get(run.versionNo)?.spec.tasks.find(({ path }) => path === task.path) ?? task;
  return { ...history.limits.defaults.retries, ...spec.retries };
}

/** A failure is final only if nothing is left. */
function checkGivenUp(
  history: SimHistory,
  run: RunNow,
  id: string,
  code: string,
  count: { failed: number; lost: number },
  policy: RetryPolicy,
  found: Violation[],
): void {
  if (code === 'retries_spent' && count.failed < policy.max && run.versionNo === run.record.versionNo)
    found.push({ invariant: 'S13', text: `${id} failed after ${count.failed} of ${policy.max} retries` });
  if (code === 'lost_too_often' && count.lost < history.limits.defaults.lostBudget)
    found.push({ invariant: 'S13', text: `${id} failed after ${count.lost} losses` });
}

function checkWait(
  id: string,
  failures: number,
  policy: RetryPolicy,
  end: Witness,
  written: Written,
  found: Violation[],
): void {
  const { delayMs = 300_000, backoff = 'fixed', factor = 2 } = policy;
  const growth = backoff === 'fixed' ? 1 : backoff === 'linear' ? failures : factor ** (failures - 1);
  if (written.atMono + 1 < end.atMono + delayMs * growth)
    found.push({
      invariant: 'S3',
      text: `${id} was tried again ${written.atMono - end.atMono} ms after its end, not ${delayMs * growth}`,
    });
}

/** L3: attempts end within their timeout and grace, as far as their leader lived and did not read anew. */
export function checkTimeouts(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const begun = new Map<string, Witness>();
  const rereads = history.struck.filter(({ kind }) =>
    ['stale', 'throw', 'lostAnswer', 'freeze', 'retry'].includes(kind),
  );
  const byNo = new Map(history.runs.map((one) => [one.run.runNo as number, one]));
  const replay = new Replay(history);
  for (const written of history.written) replay.apply(written);
  for (const sign of history.witness) {
    if (sign.word === 'START') {
      begun.set(sign.attemptId, sign);
      continue;
    }
    const start = begun.get(sign.attemptId);
    const [runNo, node] = sign.attemptId.split('.').map(Number) as [number, number];
    const run = byNo.get(runNo);
    if (!start || !run) continue;
    const task = replay.runs.get(runNo)?.layout.at(node).spec as TaskSpec;
    const { timeoutMs, killGraceMs } = history.limits.defaults;
    const mostMs = (task.timeoutMs ?? timeoutMs) + (task.killGraceMs ?? killGraceMs) + SLACK_MS;
    const isReread = rereads.some((one) => one.atMono >= start.atMono - BUSY_MS && one.atMono <= sign.atMono);
    if (!isReread && sign.atMono - start.atMono > mostMs)
      found.push({
        invariant: 'L3',
        text: `${sign.attemptId} ran ${sign.atMono - start.atMono} ms of ${mostMs}`,
      });
  }
  return found;
}

/** L9, S17: what runs when its run is ended ends within its grace. */
export function checkStops(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  const since = new Map<number, number>();
  const graceOf = ({ killGraceMs }: TaskSpec): number => killGraceMs ?? history.limits.defaults.killGraceMs;
  let at = 0;
  for (const { seq, word, attemptId, atMono } of history.witness) {
    for (; at < seq; at++) {
      const written = history.written[at] as Written;
      replay.apply(written);
      for (const { record, abort } of replay.runs.values()) {
        if (abort === null) since.delete(record.runNo);
        else if (!since.has(record.runNo)) since.set(record.runNo, written.atMono);
      }
    }
    const [runNo, node] = attemptId.split('.').map(Number) as [number, number];
    const endedAtMono = since.get(runNo);
    const run = replay.runs.get(runNo);
    if (word === 'START' || endedAtMono === undefined || !run) continue;
    const task = run.layout.at(node).spec as TaskSpec;
    if (!task.teardown && atMono > endedAtMono + graceOf(task) + SLACK_MS)
      found.push({
        invariant: 'L9',
        text: `${attemptId} ran ${atMono - endedAtMono} ms after its run was ended`,
      });
  }
  return found;
}
