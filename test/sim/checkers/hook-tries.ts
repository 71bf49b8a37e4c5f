import { HOOK_DEFAULTS, type HookJob, type HookRecord, type HookSpec } from '../../../core/model/hook.ts';
import type { HookSave, SimHistory, Violation, Witness } from '../history.ts';
import { isUndisturbed } from './clock-jumps.ts';
import { Replay } from './replay.ts';

/** Hooks that one leader runs at once. */
const AT_ONCE = 4;

/** One try of a hook, as its body tells it. */
interface Try {
  readonly no: number;
  readonly begin: Witness;
  readonly end: Witness | null;
}

/**
 * The tries of hooks: S25 only what is stored is run, S12 few at once, S9 one try of a job at a time, S13
 * bounded and none after it is over, S3 none before its time, L3 every job is run and comes to its end,
 * whoever leads.
 */
export function checkHookTries(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const dueSince = new Map<string, { readonly seq: number; readonly job: HookJob }>();
  for (const [seq, { actions }] of history.written.entries())
    for (const one of actions)
      if (one.type === 'hook') dueSince.set(`${one.job.runNo}.h${one.job.hookNo}`, { seq, job: one.job });
  checkLive(history, dueSince, found);
  const replay = new Replay(history);
  for (const written of history.written) replay.apply(written);
  const saves = Map.groupBy(history.hookSaves, ({ job }) => `${job.runNo}.h${job.hookNo}`);
  const tries = triesOf(history);
  for (const job of history.hooks) {
    const id = `${job.runNo}.h${job.hookNo}`;
    const version = history.versions.get(replay.runs.get(job.runNo)?.versionNo ?? -1);
    const isMoved = replay.runs.get(job.runNo)?.record.versionNo !== version?.versionNo;
    const tasks = version?.spec.tasks ?? [];
    const hooks =
      job.event.task === null ? version?.spec.hooks : tasks.find((one) => one.path === job.event.task)?.hooks;
    const spec = hooks?.[job.event.hook as 'onSuccess']?.[job.position];
    if (isMoved || spec === undefined) continue;
    checkJob(history, { job, spec, saves: saves.get(id) ?? [], tries: tries.get(id) ?? [] }, found);
  }
  const lost = dueSince.size - history.hooks.length;
  if (lost !== 0) found.push({ invariant: 'S6', text: `${lost} hooks that were due are not stored` });
  return found;
}

function triesOf({ hookWitness }: SimHistory): Map<string, Try[]> {
  const tries = new Map<string, Try[]>();
  const open = new Map<string, Witness>();
  for (const sign of hookWitness) {
    const at = sign.attemptId.lastIndexOf('.');
    const [id, no] = [sign.attemptId.slice(0, at), Number(sign.attemptId.slice(at + 1))];
    const begin = open.get(sign.attemptId);
    if (sign.word === 'START') open.set(sign.attemptId, sign);
    if (sign.word === 'START' || begin === undefined) continue;
    open.delete(sign.attemptId);
    tries.set(id, [...(tries.get(id) ?? []), { no, begin, end: sign.word === 'END' ? sign : null }]);
  }
  return tries;
}

/** What lives at one moment, and what begins that must not. */
function checkLive(
  { hookWitness }: SimHistory,
  dueSince: ReadonlyMap<string, { readonly seq: number }>,
  found: Violation[],
): void {
  const live = new Map<string, string>();
  for (const { word, attemptId, epoch, leads, seq } of hookWitness) {
    const id = attemptId.slice(0, attemptId.lastIndexOf('.'));
    if (word !== 'START') {
      live.delete(id);
      continue;
    }
    const due = dueSince.get(id);
    if (due === undefined || due.seq >= seq)
      found.push({ invariant: 'S25', text: `hook ${attemptId} began and was not stored as due` });
    if (epoch !== leads)
      found.push({ invariant: 'S8', text: `hook ${attemptId} began for epoch ${epoch} while ${leads} led` });
    if (live.has(id))
      found.push({ invariant: 'S9', text: `hook ${attemptId} began while ${live.get(id)} lived` });
    live.set(id, attemptId);
    if (live.size > AT_ONCE)
      found.push({
        invariant: 'S12',
        text: `hook ${attemptId} is number ${live.size} of ${AT_ONCE} at once`,
      });
  }
  for (const id of live.values()) found.push({ invariant: 'L9', text: `hook ${id} lived at the end` });
}

interface Story {
  readonly job: HookRecord;
  readonly spec: HookSpec;
  readonly saves: readonly HookSave[];
  readonly tries: readonly Try[];
}

function checkJob(history: SimHistory, { job, spec, saves, tries }: Story, found: Violation[]): void {
  const { id } = job.event;
  const say = (invariant: string, text: string): void =>
    void found.push({ invariant, text: `hook ${id} ${text}` });
  if (job.state !== 'success' && job.state !== 'failed') say('L3', `is ${job.state} at the end`);
  const policy = { ...HOOK_DEFAULTS.retries, ...spec.retries };
  const heard = tries.filter(({ end }) => end !== null);
  const last = heard.at(-1)?.end?.outcome;
  if (job.tries > policy.max + 1 || tries.some(({ no }) => no > policy.max + 1))
    say('S13', `was tried ${job.tries} times of ${policy.max + 1}`);
  if (tries.length === 0 && job.state === 'failed') say('L3', 'has failed and was never run');
  const isGood = last === 'success' || last === 'skipped';
  if (job.state === 'success' && !isGood) say('L3', `is a success, and its last try said ${last}`);
  if (job.state === 'failed' && isGood) say('S11', 'has failed, and its last try went well');
  const over = saves.find(({ job: { state } }) => state === 'success' || state === 'failed');
  const late = tries.find(({ begin }) => over !== undefined && begin.atMono > over.atMono);
  if (late) say('S13', `was tried again (${late.begin.attemptId}) after it was over`);
  if (job.state === 'failed' && job.tries <= policy.max && last === 'memory')
    say('S13', `has failed after ${job.tries} tries of ${policy.max + 1}`);
  checkWaits(history, { saves, tries }, policy, say);
}

/** Between two tries lies what the policy says. */
function checkWaits(
  history: SimHistory,
  { saves, tries }: Pick<Story, 'saves' | 'tries'>,
  policy: { readonly delayMs?: number },
  say: (invariant: string, text: string) => void,
): void {
  for (const { job, at, atMono } of saves) {
    if (job.state !== 'waiting') continue;
    const waitMs = (policy.delayMs ?? 10_000) * 2 ** (job.tries - 1);
    const end = tries.find((one) => one.no === job.tries && one.end && one.end.atMono <= atMono)?.end;
    if (end && isUndisturbed(history, end.atMono, atMono) && job.dueAt < end.at + waitMs)
      say('S3', `waits ${job.dueAt - end.at} ms, not ${waitMs}`);
    const next = tries.find(({ no }) => no === job.tries + 1)?.begin;
    if (next && isUndisturbed(history, atMono, next.atMono) && next.at < job.dueAt)
      say('S3', `was tried again ${job.dueAt - next.at} ms too early, ${next.at - at} ms after`);
  }
}
