import { describe, expect, it } from 'vitest';
import { parseWitness } from '../history.ts';
import type { Asked, ScheduledRun, ScheduleHistory, StoredSchedules, StoredSpan } from './history.ts';
import { dueSeconds, KNOWN_DAGS, type KnownDag } from './known-dags.ts';
import type { LedgerLine } from './ledger.ts';
import { scheduleViolations } from './violations.ts';

const BEGIN = Date.UTC(2026, 0, 1);
const END = BEGIN + 20_000;
const known = (dagId: string): KnownDag => KNOWN_DAGS.find((dag) => dag.dagId === dagId) as KnownDag;

/** A slot that was decided half a second after it was due, and the run that it has. */
function slot(dag: KnownDag, at: number, runNo: number): { span: StoredSpan; run: ScheduledRun } {
  const { dagId } = dag;
  const common = { dagId, decidedAt: at + 500, disposition: 'run', runNo };
  const line = (seq: number, nodeNo: number | null, from: string, to: string) => {
    const tryNo = nodeNo === null ? null : 1;
    return {
      seq: runNo * 10 + seq,
      epoch: at < BEGIN + 9_000 ? 1 : 2,
      nodeNo,
      tryNo,
      from,
      to,
      at: at + 500,
    };
  };
  return {
    span: { ...common, firstAt: at, lastAt: at },
    run: {
      runNo,
      runId: `run-${runNo}`,
      dagId,
      trigger: 'schedule',
      logicalAt: at,
      createdAt: at + 500,
      state: 'success',
      tasks: [{ nodeNo: 0, name: 'first', state: 'success', attempts: 1, output: null }],
      journal: [
        line(1, null, 'none', 'queued'),
        line(2, null, 'queued', 'running'),
        line(3, 0, 'none', 'queued'),
        line(4, 0, 'queued', 'running'),
        line(5, 0, 'running', 'success'),
        line(6, null, 'running', 'success'),
      ],
    },
  };
}

const inOrder = KNOWN_DAGS.flatMap((dag) => dueSeconds(dag, BEGIN, END).map((at) => ({ dag, at })));
const SLOTS = inOrder.sort((a, b) => a.at - b.at).map(({ dag, at }, no) => slot(dag, at, no + 1));
const SPANS = SLOTS.map(({ span }) => span);
const RUNS = SLOTS.map(({ run }) => run);
const commit = (at: number, from: number | null, to: number): LedgerLine => ({
  word: 'COMMIT',
  pid: 1,
  epoch: 1,
  at,
  moves: KNOWN_DAGS.map(({ dagId }) => ({ dagId, from, to })),
});
const LEDGER = [commit(BEGIN, null, BEGIN), commit(END + 500, BEGIN, END)];
const WITNESS = RUNS.map(
  ({ runNo, createdAt }) => `START ${runNo}.0.1 9 7 ${createdAt + 1}\nEND ${runNo}.0.1 9 7 -\n`,
).join('');
const STORED: StoredSchedules = {
  runs: RUNS,
  spans: SPANS,
  dags: KNOWN_DAGS.map(({ dagId }) => ({ dagId, paused: false, cursorAt: END })),
  backfills: [{ backfillNo: 4, state: 'done' }],
  unanswered: 0,
  problems: [],
  leaderPid: null,
};
const ASKED: Asked = {
  wish: { kind: 'backfill', dagId: 'newest', fromAt: BEGIN + 1_000, toAt: END },
  askedAt: BEGIN,
  endedAt: BEGIN + 1,
  code: 0,
  signal: null,
  errors: '',
  printed: '4\n',
};
const TAKEN = { moment: 'now', ledMs: 30, tookMs: 40, hadCompany: false };
const PAUSED: Asked = { ...ASKED, wish: { kind: 'pause', dagId: 'hushed' }, endedAt: END + 600 };

type More = Partial<ScheduleHistory> & {
  readonly store?: Partial<StoredSchedules>;
  readonly log?: string;
};

/** A history in which all is well, but for what is given. */
function history({ store, log, ...others }: More): ScheduleHistory {
  return {
    witness: parseWitness(log ?? WITNESS),
    ledger: LEDGER,
    faults: [],
    launches: [{ pid: 1, isTold: true, code: 143, signal: null, errors: '' }],
    asked: [ASKED],
    takeOvers: [TAKEN],
    stored: { ...STORED, ...store },
    isCleared: false,
    behind: [],
    givenUp: null,
    leftAtEnd: 0,
    ...others,
  };
}

const spans = (dagId: string, change: (span: StoredSpan) => StoredSpan[]): More => {
  const chosen = SPANS.find((span) => span.dagId === dagId);
  return { store: { spans: SPANS.flatMap((span) => (span === chosen ? change(span) : [span])) } };
};
const run = (no: number, more: Partial<ScheduledRun>): More => ({
  store: { runs: RUNS.map((one, at) => (at === no ? { ...one, ...more } : one)) },
});
const [FIRST, SECOND] = RUNS as [ScheduledRun, ScheduledRun];
const { runNo } = RUNS.find(({ dagId }) => dagId === 'hushed') as ScheduledRun;

describe('the walk over the seconds', () => {
  it('finds those that a DAG divides, the end included', () => {
    const at = [1, 2, 10].map((second) => BEGIN + second * 1_000);
    expect(dueSeconds(known('fanned'), BEGIN, BEGIN + 10_000)).toEqual([at[2]]);
    expect(dueSeconds(known('every'), BEGIN + 1, BEGIN + 2_500)).toEqual([at[0], at[1]]);
  });
});

describe('the checks of a history of schedulers', () => {
  it('find nothing where nothing is wrong', () => expect(scheduleViolations(history({}))).toEqual([]));

  it('do not blame who was killed for a lead that is kept', () =>
    expect(scheduleViolations(history({ store: { leaderPid: 2 } }))).toEqual([]));

  it('let the janitor delete what is old', () => {
    const old = { store: { runs: RUNS.slice(7) }, isCleared: true, log: WITNESS };
    expect(scheduleViolations(history(old))).toEqual([]);
  });

  it.each<[string, More, RegExp]>([
    ['a slot that is not decided', spans('every', () => []), /every: slot \S+ was decided 0 times/],
    [
      'a slot that is decided twice',
      spans('merged', (span) => [span, { ...span, disposition: 'coalesced' }]),
      /merged: slot \S+ was decided 2 times/,
    ],
    [
      'a slot that is none',
      spans('merged', (span) => [span, { ...span, firstAt: BEGIN + 5_000, lastAt: BEGIN + 5_000 }]),
      /merged: run from \S+ to \S+ is no slot/,
    ],
    [
      'a slot that is left out though its DAG makes up for all',
      spans('every', (span) => [{ ...span, disposition: 'skipped', runNo: null }]),
      /every: skipped \S+ is not what its DAG wants/,
    ],
    ['a slot without its run', spans('every', (span) => [{ ...span, runNo: null }]), /is not one run/],
    ['a DAG that is never decided about', { ledger: [] }, /every was never decided about/],
    [
      'two runs of one slot',
      run(0, { dagId: SECOND.dagId, logicalAt: SECOND.logicalAt }),
      /has two runs: run-1 and run-2/,
    ],
    ['a run of two slots', spans('every', (span) => [{ ...span, runNo: 9 }]), /run 9 is the run of two/],
    ['a run that is gone', { store: { runs: RUNS.slice(1) } }, /its run is gone/],
    [
      'a slot that names the run of another one',
      run(0, { logicalAt: BEGIN + 500 }),
      /names a run about something else/,
    ],
    ['a run of no slot', run(0, { runNo: 999 }), /run run-1 of every belongs to no slot/],
    [
      'a decision before the time',
      spans('every', (span) => [{ ...span, decidedAt: span.lastAt - 1 }]),
      /every \S+ was decided early/,
    ],
    ['a run before its time', run(0, { createdAt: BEGIN }), /the run of every \S+ was made early/],
    ['a body before its time', { log: WITNESS.replace(/7 \d+/, `7 ${BEGIN}`) }, /1\.0\.1 began early/],
    [
      'a cursor that goes back',
      { ledger: [...LEDGER, commit(END + 900, END, END - 1_000)] },
      /the cursor of every goes back/,
    ],
    [
      'a cursor that was moved from where it was not',
      { ledger: [...LEDGER, commit(END + 900, END - 1_000, END)] },
      /the cursor of every goes back/,
    ],
    [
      'a cursor that ends before it had been',
      { ledger: [...LEDGER, commit(END + 900, END, END + 1_000)] },
      /the cursor of every ended at/,
    ],
    ['an attempt that started twice', { log: `${WITNESS}START 3.0.1 9 7 -\n` }, /3\.0\.1 started 2 times/],
    [
      'an attempt that saw processes of an earlier one',
      { log: `${WITNESS}SAW 3.0.1 9 7 11,\n` },
      /3\.0\.1 started while processes/,
    ],
    [
      'what outlives its leader',
      { faults: [{ kind: 'kill', victim: 'leader', moment: '', momentKind: '', goneAfterMs: 5_001 }] },
      /5001 ms after the leader/,
    ],
    ['what outlives everybody', { leftAtEnd: 1 }, /1 processes lived after/],
    [
      'a line that an old leader wrote',
      run(0, { journal: FIRST.journal.map((line) => ({ ...line, epoch: 3 })) }),
      /was written by epoch 1, after a newer one led/,
    ],
    [
      'a transition that is not legal',
      run(0, { journal: FIRST.journal.map((line) => ({ ...line, from: 'failed' })) }),
      /is not legal/,
    ],
    ['a run that failed', run(0, { state: 'failed' }), /run run-1 of every is failed/],
    [
      'a task that is done without having been done',
      { log: WITNESS.replace('END 1.0.1 9 7 -\n', '') },
      /1\.0\.1 was not seen to end/,
    ],
    [
      'a run that is made in a pause',
      { asked: [{ ...PAUSED, endedAt: BEGIN }], store: { dags: [] } },
      /was made in a pause of hushed/,
    ],
    [
      'a task that is started in a pause',
      { asked: [{ ...PAUSED, endedAt: BEGIN }] },
      new RegExp(`line ${runNo}3 starts a task in a pause of hushed`),
    ],
    ['a pause that did not come', { asked: [PAUSED] }, /orch pause hushed was answered, but it is not/],
    [
      'a backfill that is not done',
      { store: { backfills: [{ backfillNo: 4, state: 'running' }] } },
      /orch backfill newest was answered, but it is running/,
    ],
    [
      'a backfill that leaves a slot out',
      { asked: [{ ...ASKED, wish: { ...ASKED.wish, fromAt: BEGIN } as Asked['wish'] }] },
      /orch backfill newest was answered, but 2026-01-01T00:00:00.000Z has no run/,
    ],
    [
      'a triggered run that is not there',
      { asked: [{ ...ASKED, wish: { kind: 'trigger', dagId: 'by_hand' } }] },
      /orch trigger by_hand was answered, but there is no such run/,
    ],
    ['a command that fails', { asked: [{ ...ASKED, code: 70, errors: 'why' }] }, /ended with 70: why/],
    ['a request without an answer', { store: { unanswered: 1 } }, /1 requests have no answer/],
    [
      'a scheduler that ends by itself',
      { launches: [{ pid: 1, isTold: false, code: 70, signal: null, errors: 'why' }] },
      /scheduler 1 ended with 70: why/,
    ],
    ['a standby that waits', { takeOvers: [{ ...TAKEN, ledMs: 10_001 }] }, /taken over after 10001 ms/],
    ['a lead that nobody takes', { takeOvers: [{ ...TAKEN, ledMs: null }] }, /taken over after no ms/],
    [
      'a leader that writes nothing',
      { takeOvers: [{ ...TAKEN, tookMs: null }] },
      /who took the lead over wrote nothing/,
    ],
    ['a DAG that does not catch up', { behind: ['every is 9 s behind'] }, /every is 9 s behind/],
    ['a lead that is kept', { store: { leaderPid: 1 } }, /scheduler 1 ended and did not give the lead back/],
    ['a damaged store', { store: { problems: ['bad page'] } }, /bad page/],
    ['a round that was given up', { givenUp: 'not finished' }, /not finished/],
  ])('find %s', (_, wrong, sentence) => {
    expect(scheduleViolations(history(wrong)).join('\n')).toMatch(sentence);
  });
});
