import { describe, expect, test } from 'vitest';
import { compileGraph, type Graph } from '../../../core/graph/graph.ts';
import type { AttemptEvent, Outcome } from '../../../core/model/attempt.ts';
import {
  isFinished,
  RUN_STATES,
  type RunState,
  S,
  TASK_STATES,
  type TaskState,
} from '../../../core/model/states.ts';
import type { PlannedRequest } from '../../../core/planner/requests.ts';
import type { RunWorld } from '../../../core/planner/run-world.ts';
import { dagOf, FAILURE, Simulation, SUCCESS, task } from './simulation.ts';

/**
 * Every state of a task and of a run meets every event, from a situation that really puts it there.
 * Simulation checks after each turn that every transition is legal, that memory equals the store and that
 * caps hold.
 */

interface Situation {
  readonly sim: Simulation;
  readonly graph: Graph;
  /** The run as it is in memory now, or as a new leader reads it. */
  readonly run: () => RunWorld;
}

const RETRIES = { max: 1, delayMs: 1_000 };
/**
 * `x` is the instance that meets the events; `up` comes before it, `y` after it, `side` keeps the run open.
 */
const SPEC = dagOf(
  [
    task('up'),
    task('x', { after: ['up'], retries: RETRIES, pool: 'narrow' }),
    task('y', { after: ['x'] }),
    task('z', { after: ['x'], triggerRule: 'all_done' }),
    task('side', { pool: 'narrow' }),
    task('other', { when: 'params.no' }),
  ],
  { maxActiveRuns: 1 },
);
const X = 1;

function situation(
  outcomes: { readonly [name: string]: Outcome },
  more: { finish?: true; narrow?: number; only?: string } = {},
): Situation {
  const sim = new Simulation({ pools: { default: 99, narrow: more.narrow ?? 99 } });
  const graph = compileGraph(SPEC);
  sim.holdStops = true;
  sim.behaviour = () => 'hang';
  const scope = more.only === undefined ? {} : { only: [more.only] };
  sim.trigger(graph, { params: { no: false }, scope });
  sim.turn();
  for (const [name, outcome] of Object.entries(outcomes)) {
    sim.end(name, outcome);
    sim.turn();
  }
  if (more.finish) {
    while (sim.running.length > 0) {
      sim.end(sim.running[0] as string, SUCCESS);
      sim.turn();
    }
  }
  return { sim, graph, run: () => sim.world.runs.get(1) ?? (sim.store?.load(1, graph) as RunWorld) };
}

const ask = ({ sim }: Situation, request: PlannedRequest): void => {
  sim.request(request);
  sim.turn();
};

/** How an instance really gets into each state. States that no issue uses yet have no way in. */
const SITUATIONS: { readonly [State in TaskState]?: () => Situation } = {
  none: () => situation({}),
  scheduled: () => situation({ up: SUCCESS }, { narrow: 1 }),
  queued: () => situation({ up: SUCCESS }),
  running: () => {
    const made = situation({ up: SUCCESS });
    made.sim.reportStarts();
    made.sim.turn();
    return made;
  },
  up_for_retry: () => situation({ up: SUCCESS, x: FAILURE }),
  success: () => situation({ up: SUCCESS, x: SUCCESS }),
  failed: () => situation({ up: SUCCESS, x: { ...FAILURE, final: true } as Outcome }),
  skipped: () => situation({ up: { kind: 'skipped' } }),
  upstream_failed: () => situation({ up: FAILURE }),
  cancelled: () => {
    const made = situation({});
    ask(made, { kind: 'cancel', inboxId: null, runNo: 1 as never, by: 'ann', kill: false });
    return made;
  },
  not_selected: () => situation({}, { only: 'up' }),
};

const OPEN_TABLE = `
                             none      scheduled queued       running      up_for_retry
its attempt starts           =         =         running      =            =
its attempt success          =         =         success      success      =
its attempt skips            =         =         skipped      skipped      =
its attempt fails            =         =         up_for_retry up_for_retry =
its attempt fails for good   =         =         failed       failed       =
its attempt is rejected      =         =         up_for_retry up_for_retry =
its attempt times out        =         =         up_for_retry up_for_retry =
its attempt is out of memory =         =         up_for_retry up_for_retry =
its attempt stops            =         =         =            queued       =
its attempt is lost          =         =         =            queued       =
a later attempt ends         =         =         =            =            =
its attempt tells progress   =         =         =            =            =
cancel                       cancelled cancelled =            =            cancelled
kill                         cancelled cancelled =            =            cancelled
pause                        =         =         =            =            =
resume                       =         =         =            =            =
retry failed                 !         !         !            !            !
retry all                    =         =         =            =            =
retry it                     !         !         !            !            queued
retry it and upstream        !         none      !            !            none
retry it and downstream      !         !         !            !            queued
mark success                 success   success   success      success      success
mark failed                  failed    failed    failed       failed       failed
mark the run success         cancelled cancelled =            =            cancelled
mark the run failed          cancelled cancelled =            =            cancelled
the leader dies              =         queued    =            queued       =
`;

const FINISHED_TABLE = `
                             success failed  skipped upstream_failed cancelled not_selected
its attempt starts           =       =       =       =               =         =
its attempt success          =       =       =       =               =         =
its attempt skips            =       =       =       =               =         =
its attempt fails            =       =       =       =               =         =
its attempt fails for good   =       =       =       =               =         =
its attempt is rejected      =       =       =       =               =         =
its attempt times out        =       =       =       =               =         =
its attempt is out of memory =       =       =       =               =         =
its attempt stops            =       =       =       =               =         =
its attempt is lost          =       =       =       =               =         =
a later attempt ends         =       =       =       =               =         =
its attempt tells progress   =       =       =       =               =         =
cancel                       =       =       =       =               =         =
kill                         =       =       =       =               =         =
pause                        =       =       =       =               !         =
resume                       =       =       =       =               !         =
retry failed                 !       !       !       !               !         !
retry all                    none    none    none    none            !         !
retry it                     queued  queued  =       =               !         !
retry it and upstream        none    none    none    none            !         !
retry it and downstream      !       !       !       !               !         !
mark success                 !       success success success         !         !
mark failed                  failed  !       failed  failed          !         !
mark the run success         =       =       =       =               =         =
mark the run failed          =       =       =       =               =         =
the leader dies              =       =       =       =               =         =
`;

const RUN_TABLE = `
                    queued    running paused  success failed  cancelled
adopt               =         =       =       !       !       !
cancel              cancelled =       =       !       !       !
kill                cancelled =       =       !       !       !
pause               paused    paused  =       !       !       !
resume              =         =       running !       !       !
retry failed        !         !       !       !       running running
retry all           !         =       =       running running running
mark success        success   =       =       =       success !
mark failed         failed    =       =       failed  =       !
mark a task success =         =       =       !       running failed
`;

const error = { name: 'Error', message: 'no' };
const OUTCOMES: { readonly [name: string]: Outcome } = {
  success: SUCCESS,
  skips: { kind: 'skipped' },
  fails: FAILURE,
  'fails for good': { kind: 'failed', error, final: true },
  'is rejected': { kind: 'rejected_output', error },
  'times out': { kind: 'timeout' },
  'is out of memory': { kind: 'memory' },
  stops: { kind: 'stopped' },
  'is lost': { kind: 'lost', detail: 'gone' },
};

function attempt(made: Situation, tryNo: number, event: { [name: string]: unknown }): void {
  made.sim.tell({ attemptId: `1.${X}.${tryNo}`, at: made.sim.now, ...event } as never as AttemptEvent);
  made.sim.turn();
}

const current = (made: Situation): number => Math.max(1, made.run().tryNo[X] as number);
const retry = (made: Situation, selection: object): void =>
  ask(made, { kind: 'retry', inboxId: 1, run: made.run(), by: 'ann', selection } as PlannedRequest);
const mark = (made: Situation, state: 'success' | 'failed'): void =>
  ask(made, { kind: 'markTask', inboxId: 1, run: made.run(), by: 'ann', node: X, state });
const nodes = { select: 'nodes', nodes: [X], upstream: false, downstream: false };

const EVENTS: { readonly [name: string]: (made: Situation) => void } = {
  'its attempt starts': (made) => attempt(made, current(made), { type: 'attempt.started' }),
  ...Object.fromEntries(
    Object.entries(OUTCOMES).map(([name, outcome]) => [
      `its attempt ${name}`,
      (made: Situation) =>
        attempt(made, current(made), { type: 'attempt.ended', startedAt: made.sim.now, outcome }),
    ]),
  ),
  'a later attempt ends': (made) =>
    attempt(made, current(made) + 1, { type: 'attempt.ended', startedAt: 1, outcome: SUCCESS }),
  'its attempt tells progress': (made) =>
    attempt(made, current(made), { type: 'attempt.progress', done: 1, total: 2 }),
  cancel: (made) => ask(made, { kind: 'cancel', inboxId: 1, runNo: 1 as never, by: 'ann', kill: false }),
  kill: (made) => ask(made, { kind: 'cancel', inboxId: 1, runNo: 1 as never, by: 'ann', kill: true }),
  pause: (made) => ask(made, { kind: 'pause', inboxId: 1, runNo: 1 as never }),
  resume: (made) => ask(made, { kind: 'resume', inboxId: 1, runNo: 1 as never }),
  'retry failed': (made) => retry(made, { select: 'failed' }),
  'retry all': (made) => retry(made, { select: 'all' }),
  'retry it': (made) => retry(made, nodes),
  'retry it and upstream': (made) => retry(made, { ...nodes, upstream: true }),
  'retry it and downstream': (made) => retry(made, { ...nodes, downstream: true }),
  'mark success': (made) => mark(made, 'success'),
  'mark failed': (made) => mark(made, 'failed'),
  'mark the run success': (made) =>
    ask(made, { kind: 'markRun', inboxId: 1, run: made.run(), by: 'ann', state: 'success' }),
  'mark the run failed': (made) =>
    ask(made, { kind: 'markRun', inboxId: 1, run: made.run(), by: 'ann', state: 'failed' }),
  'the leader dies': (made) => {
    made.sim.crash([made.graph]);
    made.sim.turn();
  },
};

function stateOfX(made: Situation): string {
  const run = made.run();
  const isSelected = run.isSelected(X, run.root);
  return isSelected ? (TASK_STATES[run.state[X] as number] as string) : 'not_selected';
}

/** What an event does to a state: `=` nothing, `!` it is refused, otherwise the new state. */
function cell(from: string, to: string, made: Situation, actions: number): string {
  const answer = made.sim.actions.slice(actions).find((action) => action.type === 'answer');
  const refused = answer?.type === 'answer' && !answer.answer.ok;
  return refused ? (from === to ? '!' : `!${to}`) : from === to ? '=' : to;
}

function lines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] as string).length)),
  );
  return [head, ...rows].map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] as number))
      .join(' ')
      .trimEnd(),
  );
}

describe('every state of a task meets every event', () => {
  const open = Object.entries(SITUATIONS).filter(
    ([state]) => !isFinished(TASK_STATES.indexOf(state as TaskState)),
  );
  const finished = Object.entries(SITUATIONS).filter(([state]) =>
    isFinished(TASK_STATES.indexOf(state as TaskState)),
  );

  test.each([
    ['unfinished', open, OPEN_TABLE],
    ['finished', finished, FINISHED_TABLE],
  ] as const)('%s: with the state of this table after it', (_, states, table) => {
    const rows = Object.entries(EVENTS).map(([name, happen]) => [
      name,
      ...states.map(([state, make]) => {
        const made = make();
        expect(stateOfX(made)).toBe(state);
        const actions = made.sim.actions.length;
        happen(made);
        return cell(state, stateOfX(made), made, actions);
      }),
    ]);
    expect(lines(['', ...states.map(([state]) => state)], rows)).toEqual(
      table.trimEnd().split('\n').slice(1),
    );
  });

  test('waiting, paused and removed are not reached by anything that exists', () => {
    const missing = TASK_STATES.filter((state) => !(state in SITUATIONS));
    expect(missing).toEqual(['paused', 'waiting', 'removed']);
    expect(missing.map((state) => S[state])).toEqual([4, 5, 13]);
  });
});

const RUN_SITUATIONS: { readonly [State in RunState]: () => Situation } = {
  queued: () => {
    const made = situation({});
    const other = made.sim.trigger(made.graph, { params: { no: false } });
    made.sim.turn();
    return {
      ...made,
      run: () =>
        made.sim.world.runs.get(2) ?? (made.sim.store?.load(other.record.runNo, made.graph) as RunWorld),
    };
  },
  running: () => situation({}),
  paused: () => {
    const made = situation({});
    ask(made, { kind: 'pause', inboxId: null, runNo: 1 as never });
    return made;
  },
  success: () => situation({ up: SUCCESS, x: SUCCESS }, { finish: true }),
  failed: () => situation({ up: FAILURE }, { finish: true }),
  cancelled: () => {
    const made = situation({});
    ask(made, { kind: 'cancel', inboxId: null, runNo: 1 as never, by: 'ann', kill: false });
    while (made.sim.running.length > 0) {
      made.sim.end(made.sim.running[0] as string, { kind: 'stopped' });
      made.sim.turn();
    }
    return made;
  },
};

type Request = (run: RunWorld) => PlannedRequest;
const REQUESTS: { readonly [name: string]: Request } = {
  adopt: (run) => ({ kind: 'adopt', inboxId: 1, run }),
  cancel: ({ record }) => ({ kind: 'cancel', inboxId: 1, runNo: record.runNo, by: 'ann', kill: false }),
  kill: ({ record }) => ({ kind: 'cancel', inboxId: 1, runNo: record.runNo, by: 'ann', kill: true }),
  pause: ({ record }) => ({ kind: 'pause', inboxId: 1, runNo: record.runNo }),
  resume: ({ record }) => ({ kind: 'resume', inboxId: 1, runNo: record.runNo }),
  'retry failed': (run) => ({ kind: 'retry', inboxId: 1, run, by: 'ann', selection: { select: 'failed' } }),
  'retry all': (run) => ({ kind: 'retry', inboxId: 1, run, by: 'ann', selection: { select: 'all' } }),
  'mark success': (run) => ({ kind: 'markRun', inboxId: 1, run, by: 'ann', state: 'success' }),
  'mark failed': (run) => ({ kind: 'markRun', inboxId: 1, run, by: 'ann', state: 'failed' }),
  'mark a task success': (run) => ({
    kind: 'markTask',
    inboxId: 1,
    run,
    by: 'ann',
    node: X,
    state: 'success',
  }),
};

describe('every state of a run meets every request', () => {
  test('with the state of this table after it', () => {
    const rows = Object.entries(REQUESTS).map(([name, request]) => [
      name,
      ...RUN_STATES.map((state) => {
        const made = RUN_SITUATIONS[state]();
        expect(made.run().record.state).toBe(state);
        const actions = made.sim.actions.length;
        made.sim.request(request(made.run()));
        made.sim.turn();
        return cell(state, made.run().record.state, made, actions);
      }),
    ]);
    expect(lines(['', ...RUN_STATES], rows)).toEqual(RUN_TABLE.trimEnd().split('\n').slice(1));
  });
});
