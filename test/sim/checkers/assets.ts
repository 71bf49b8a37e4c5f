import type { Action } from '../../../core/model/action.ts';
import type { AssetEvent } from '../../../core/model/asset.ts';
import { BECAUSE_CODES } from '../../../core/model/because.ts';
import type { AssetSchedule, DagSpec, TaskSpec } from '../../../core/model/dag.ts';
import { isRunFinished } from '../../../core/model/states.ts';
import type { SimHistory, Violation, Written } from '../history.ts';
import { Replay, type RunNow } from './replay.ts';

/** Of each asset a run is given the newest events, so many. */
const GIVEN_MAX = 100;
/** Moments from which on only what comes later counts. */
const FRESH_STARTS = ['dag_seen', 'dag_unpaused', 'schedule_changed'];

type Take = Extract<Action, { type: 'asset.take' }>;
type Made = Extract<Action, { type: 'run.create' }>['run'];

/** What one look at a history knows. */
interface Sight {
  readonly history: SimHistory;
  readonly replay: Replay;
  readonly events: AssetEvent[];
  /** Up to which number the events of a DAG are decided. */
  readonly cursors: Map<string, number>;
  readonly found: Violation[];
}

/**
 * Events of assets: S21 a success has exactly those of its task, and S15 a report its one; S4 what is
 * decided about them only grows, S1 each counts once for a DAG, S2 no run without enough of them, S19 none is
 * left out without a reason, S18 none counts while a DAG is silent, L1 what is enough makes a run.
 */
export function checkAssets(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const sight: Sight = { history, replay: new Replay(history), events: [], cursors: new Map(), found };
  for (const [ticks, written] of history.written.entries()) {
    if (ticks === history.calm.ticks) checkCalm(sight);
    const silent = new Set(
      [...sight.replay.dags].filter(([, { paused, present }]) => paused || !present).map(([dagId]) => dagId),
    );
    const busy = busyRuns(sight.replay);
    sight.replay.apply(written);
    checkMade(sight, written);
    const made = written.actions.flatMap((one) => (one.type === 'run.create' ? [one.run] : []));
    for (const action of written.actions) {
      if (action.type === 'asset.event') sight.events.push(action.event);
      if (action.type !== 'asset.take') continue;
      const run = made.find(({ dagId, trigger }) => dagId === action.dagId && trigger === 'asset');
      checkTake(sight, action, run, written);
      if (run && silent.has(run.dagId) && !isAwake(written, run.dagId))
        found.push({ invariant: 'S18', text: `run ${run.runNo} was made by events of a silent DAG` });
      if (run) checkRoom(sight, run, written, busy);
    }
  }
  return found;
}

/** Every success of an attempt has the events of its task in its transaction, every report its own. */
function checkMade({ history, replay, events, found }: Sight, { actions, tick }: Written): void {
  const made = actions.flatMap((one) => (one.type === 'asset.event' ? [one.event] : []));
  const told = made.map(({ uri, producer, reported }) =>
    producer
      ? `${producer.runNo}.${producer.nodeNo}.${producer.tryNo} ${uri}`
      : `${reported?.requestNo} ${uri}`,
  );
  const wanted: string[] = [];
  for (const action of actions) {
    if (action.type === 'instance' && BECAUSE_CODES[action.because] === 'succeeded') {
      const { runNo, nodeNo, tryNo } = action;
      const task = (replay.runs.get(runNo) as RunNow).layout.at(nodeNo).spec as TaskSpec;
      for (const uri of task.produces ?? []) wanted.push(`${runNo}.${nodeNo}.${tryNo} ${uri}`);
    }
    const asked = action.type === 'answer' && action.answer.ok ? action.inboxId : null;
    const request = history.asked.find(({ inboxId }) => inboxId === asked)?.request;
    if (request?.type === 'assetEvent') wanted.push(`${asked} ${request.uri}`);
  }
  if (told.toSorted().join() !== wanted.toSorted().join())
    found.push({ invariant: 'S21', text: `tick ${tick} has the events ${told}, not ${wanted}` });
  let last = events.at(-1)?.eventNo ?? 0;
  for (const { eventNo } of made) {
    if (eventNo <= last) found.push({ invariant: 'S6', text: `event ${eventNo} comes after ${last}` });
    last = eventNo;
  }
}

/** The events up to a number are decided: by a run that is given them, or for a reason. */
function checkTake(sight: Sight, take: Take, run: Made | undefined, written: Written): void {
  const { history, cursors, events, found } = sight;
  const { dagId, from, to, code } = take;
  const known = cursors.get(dagId) ?? 0;
  if (from !== known || to < from)
    found.push({ invariant: 'S4', text: `${dagId} takes events ${from} to ${to}, but had taken ${known}` });
  cursors.set(dagId, Math.max(known, to));
  if (run === undefined) {
    const isFresh = code === null && isAwake(written, dagId);
    if (!isFresh && code !== 'events_overlap')
      found.push({ invariant: 'S19', text: `${dagId} leaves events ${from} to ${to} out (${code})` });
    return;
  }
  const spec = history.versions.get(run.versionNo)?.spec as DagSpec;
  const open = events.filter(({ eventNo, uri }) => eventNo > known && eventNo <= to && awaits(spec, uri));
  const newest = open.filter(
    (event) =>
      open.filter(({ uri, eventNo }) => uri === event.uri && eventNo > event.eventNo).length < GIVEN_MAX,
  );
  const given = (run.cause?.events ?? []).map(({ eventNo }) => eventNo);
  const wanted = newest.map(({ eventNo }) => eventNo);
  if (given.join() !== wanted.join())
    found.push({ invariant: 'S1', text: `run ${run.runNo} is given events ${given}, not ${wanted}` });
  if (!isEnough(spec, open))
    found.push({ invariant: 'S2', text: `run ${run.runNo} was made by too few events: ${given}` });
}

function checkRoom(
  { history, found }: Sight,
  { dagId, runNo, versionNo }: Made,
  { actions }: Written,
  busy: ReadonlyMap<string, readonly RunNow[]>,
): void {
  const spec = history.versions.get(versionNo)?.spec;
  const { maxActiveRuns = 16, overlap } = spec ?? {};
  const ending = actions.filter(
    (one) => one.type === 'run.change' && (isRunFinished(one.to) || one.from === one.to),
  );
  const leaving = new Set(ending.map((one) => ('runNo' in one ? (one.runNo as number) : 0)));
  const beside = (busy.get(dagId) ?? []).filter(({ record }) => !leaving.has(record.runNo)).length;
  const isReopened = actions.some((one) => one.type === 'run.change' && one.code === 'retried');
  if (overlap !== 'cancel_running' && !isReopened && beside >= maxActiveRuns)
    found.push({ invariant: 'S12', text: `run ${runNo} was made beside ${beside} of ${maxActiveRuns}` });
}

/** Runs under way that count for the limit of their DAG. */
function busyRuns({ runs }: Replay): Map<string, RunNow[]> {
  const busy = [...runs.values()].filter((run) => {
    return !isRunFinished(run.state) && !run.abort && run.backfillNo === null && run.asideOf === null;
  });
  return Map.groupBy(busy, ({ record }) => record.dagId);
}

/** Once the faults have stopped, what is enough for a run has made one, if there is room. */
function checkCalm({ history, replay, events, cursors, found }: Sight): void {
  const busy = busyRuns(replay);
  for (const { dagId, present, paused } of history.calm.dags) {
    const told = history.seen.findLast((one) => one.dagId === dagId && one.afterTicks <= history.calm.ticks);
    const spec = history.versions.get(told?.versionNo ?? -1)?.spec;
    if (!spec || !present || paused || !history.calm.declared.includes(dagId)) continue;
    if ((busy.get(dagId)?.length ?? 0) >= (spec.maxActiveRuns ?? 16)) continue;
    const open = events.filter(
      ({ eventNo, uri }) => eventNo > (cursors.get(dagId) ?? 0) && awaits(spec, uri),
    );
    if (isEnough(spec, open))
      found.push({
        invariant: 'L1',
        text: `${dagId} has events ${open.map(({ eventNo }) => eventNo)} and no run`,
      });
  }
}

function isAwake({ actions }: Written, dagId: string): boolean {
  return actions.some(
    (one) => one.type === 'dag.change' && one.dagId === dagId && FRESH_STARTS.includes(one.code ?? ''),
  );
}

function schedulesOf({ schedule = [] }: DagSpec): AssetSchedule[] {
  return schedule.filter((one) => one.kind === 'assets');
}

function awaits(spec: DagSpec, uri: string): boolean {
  return schedulesOf(spec).some(({ assets }) => assets.includes(uri));
}

/** Whether there is an event of one asset, or of every one, as a schedule wants it. */
function isEnough(spec: DagSpec, open: readonly AssetEvent[]): boolean {
  const has = new Set(open.map(({ uri }) => uri));
  return schedulesOf(spec).some(({ match, assets }) => {
    const there = assets.filter((uri) => has.has(uri)).length;
    return match === 'all' ? there === assets.length : there > 0;
  });
}
