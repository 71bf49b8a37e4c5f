import { describe, expect, it } from 'vitest';
import {
  type Fault,
  type History,
  type Launch,
  parseWitness,
  type StoredRun,
  type StoredTask,
} from './history.ts';
import { STORM, violations } from './violations.ts';

const OUTPUTS = STORM.outputs;

const NAMES = [
  ...Object.keys(OUTPUTS),
  ...['first', 'tree', 'twice', 'blocked', 'deaf', 'each[a].pull', 'each[bb].pull', 'each[ccc].pull'],
];
const TASKS: readonly StoredTask[] = NAMES.map((name, nodeNo) => ({
  nodeNo,
  name,
  state: 'success',
  attempts: nodeNo === 0 ? 2 : 1,
  output: OUTPUTS[name] ?? null,
}));

/** The journal of a run in which the first attempt of node 0 was lost. */
function journal(): StoredRun['journal'] {
  const steps = TASKS.flatMap(({ nodeNo, attempts }) => {
    const last = ['queued', 'running', 'success'].map((to) => ({ nodeNo, tryNo: attempts, to }));
    if (attempts === 1) return last;
    return [...['queued', 'running', 'up_for_retry'].map((to) => ({ nodeNo, tryNo: 1, to })), ...last];
  });
  const at = new Map<number, string>();
  const lines = steps.map(({ nodeNo, tryNo, to }) => {
    const from = at.get(nodeNo) ?? 'none';
    at.set(nodeNo, to);
    return { nodeNo, tryNo, from, to };
  });
  const run = (from: string, to: string) => ({ nodeNo: null, tryNo: null, from, to });
  const all = [run('none', 'queued'), run('queued', 'running'), ...lines, run('running', 'success')];
  return all.map((line, no) => ({ ...line, seq: no + 1, epoch: no < 6 ? 1 : 2 }));
}

const RUN: StoredRun = { runNo: 1, runId: 'r', state: 'success', tasks: TASKS, journal: journal() };
const WITNESS = `START 1.0.1 10 7 -
SAW 1.0.1 10 7 -
CHILD 1.0.1 11 - -
BEAT 1.0.1 11 - -
${TASKS.map(({ nodeNo, attempts }) => {
  const id = `1.${nodeNo}.${attempts}`;
  return [`START ${id} 20 9 -`, `SAW ${id} 20 9 -`, `END ${id} 20 9 -`].join('\n');
}).join('\n')}
`;
const KILL: Fault = { kind: 'kill', victim: 'leader', moment: 'now', momentKind: 'event', goneAfterMs: 40 };
const FIRST: Launch = {
  pid: 1,
  command: 'trigger',
  expects: null,
  started: { runId: 'r', resumed: false },
  code: null,
  signal: 'SIGKILL',
  hadCompany: false,
  errors: '',
};
const SECOND: Launch = {
  ...FIRST,
  pid: 2,
  expects: 'r',
  started: { runId: 'r', resumed: true },
  code: 0,
  signal: null,
};

/** A history in which all is well, but for what is given. */
function history(
  more: Partial<History> & { readonly run?: Partial<StoredRun>; readonly log?: string },
): History {
  const { run, log, ...others } = more;
  return {
    witness: parseWitness(log ?? WITNESS),
    faults: [KILL],
    launches: [FIRST, SECOND],
    stored: { runs: [{ ...RUN, ...run }], unanswered: 0, problems: [], leaderPid: null },
    givenUp: null,
    leftAtEnd: 0,
    ...others,
  };
}

const stored = history({}).stored;
const line = (no: number, more: Partial<StoredRun['journal'][number]>): { run: Partial<StoredRun> } => ({
  run: { journal: RUN.journal.map((one, at) => (at === no ? { ...one, ...more } : one)) },
});
const task = (name: string, more: Partial<StoredTask>): { run: Partial<StoredRun> } => ({
  run: { tasks: TASKS.map((one) => (one.name === name ? { ...one, ...more } : one)) },
});

describe('the checks of a history', () => {
  it('find nothing where nothing is wrong', () => expect(violations(history({}))).toEqual([]));

  it('do not blame who was killed for a lead that is kept', () =>
    expect(violations(history({ stored: { ...stored, leaderPid: FIRST.pid } }))).toEqual([]));

  it.each<[string, Parameters<typeof history>[0], RegExp]>([
    ['an attempt that started twice', { log: `${WITNESS}START 1.3.1 30 9 -\n` }, /1\.3\.1 started 2 times/],
    [
      'an attempt that saw processes of an earlier one',
      { log: WITNESS.replace('SAW 1.0.2 20 9 -', 'SAW 1.0.2 20 9 11,12,') },
      /1\.0\.2 started while processes of earlier attempts lived: 11,12/,
    ],
    [
      'a process that lived on after the next attempt began',
      { log: `${WITNESS}BEAT 1.0.1 11 - -\n` },
      /process 11 of 1\.0\.1 lived after attempt 2 began/,
    ],
    ['processes that outlive their leader', { faults: [{ ...KILL, goneAfterMs: 5_001 }] }, /5001 ms after/],
    ['processes that outlive everybody', { leftAtEnd: 2 }, /2 processes lived after the last/],
    ['a round that was given up', { givenUp: 'not finished' }, /not finished/],
    [
      'a start that goes on with another run',
      { launches: [FIRST, { ...SECOND, started: { runId: 'x', resumed: true } }] },
      /another run than r/,
    ],
    [
      'a start that does not say that it resumes',
      { launches: [FIRST, { ...SECOND, started: { runId: 'r', resumed: false } }] },
      /did not say that it resumes/,
    ],
    [
      'a start that fails',
      { launches: [FIRST, { ...SECOND, code: 70, errors: 'why' }] },
      /ended with 70: why/,
    ],
    [
      'a retry that is refused though nobody is at work',
      { launches: [FIRST, { ...SECOND, command: 'retry', code: 5 }, SECOND] },
      /orch retry ended with 5/,
    ],
    ['two runs of one trigger', { stored: { ...stored, runs: [RUN, RUN] } }, /2 runs came of one trigger/],
    ['a request without an answer', { stored: { ...stored, unanswered: 1 } }, /1 requests have no answer/],
    ['a damaged store', { stored: { ...stored, problems: ['bad page'] } }, /bad page/],
    ['a lead that is kept', { stored: { ...stored, leaderPid: 2 } }, /trigger ended and did not give/],
    ['a run that failed', { run: { state: 'failed' } }, /run r is failed/],
    ['a task that is not done', task('first', { state: 'failed' }), /first is failed/],
    ['a row that is left unfinished', task('first', { state: 'queued' }), /first is left unfinished/],
    ['a task that is missing', { run: { tasks: TASKS.slice(1) } }, /has 12 task instances/],
    ['a wrong output', task('sum', { output: 5 }), /sum gave 5/],
    ['an epoch that goes back', line(8, { epoch: 1 }), /epoch 1 comes after epoch 2/],
    ['a number of the journal that comes again', line(4, { seq: 4 }), /line 4 comes after 4/],
    ['a line that leaves a state that was not', line(4, { from: 'scheduled' }), /leaves scheduled, but 0/],
    ['a transition that is not legal', line(4, { to: 'none' }), /from running to none is not legal/],
    ['an attempt number that goes back', line(6, { tryNo: 0 }), /goes back to attempt 0/],
    ['rows that differ from the journal', task('first', { attempts: 3 }), /its last line says otherwise/],
    [
      'an attempt that the store does not have',
      { log: `${WITNESS}START 1.3.9 30 9 -\n` },
      /1\.3\.9 was seen, but the store does not have it/,
    ],
    [
      'a task that is done without having been done',
      { log: WITNESS.replace('END 1.3.1 20 9 -\n', '') },
      /done, but 1\.3\.1 was not seen to end/,
    ],
    ['an attempt that was never handed out', line(5, { tryNo: 1 }), /1\.0\.2 was seen, but was never/],
    ['an attempt that was handed out twice', line(5, { tryNo: 1 }), /was handed out twice/],
  ])('find %s', (_, wrong, sentence) => {
    expect(violations(history(wrong)).join('\n')).toMatch(sentence);
  });
});
