import { BECAUSE_CODES } from '../../../core/model/because.ts';
import type { ApprovalAction, TaskSpec } from '../../../core/model/dag.ts';
import { instanceName, keyText } from '../../../core/model/ids.ts';
import type { Request } from '../../../core/model/request.ts';
import { TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation, Written } from '../history.ts';
import { isUndisturbed } from './clock-jumps.ts';
import type { Place } from './layout.ts';
import { Replay, type RunNow } from './replay.ts';

type Approve = Extract<Request, { type: 'approve' }>;

/** A question that people were asked and that is not decided. */
interface Question {
  readonly askedAt: number;
  readonly askedMono: number;
  readonly runUid: string;
  readonly instance: string;
  readonly action: ApprovalAction;
}

interface Sight {
  readonly history: SimHistory;
  readonly replay: Replay;
  readonly open: Map<string, Question>;
  readonly found: Violation[];
}

/**
 * S15 a question is decided once, by the answer of the one who was told so, and by no other; one that can
 * be given is taken. S3 nobody gives up waiting before the time, S11 what holds then is what was declared,
 * S25 a question starts nothing.
 */
export function checkApprovals(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const requests = new Map(history.asked.map(({ inboxId, request }) => [inboxId, request]));
  const sight: Sight = { history, replay: new Replay(history), open: new Map(), found };
  for (const written of history.written) {
    const before = new Map(sight.open);
    sight.replay.apply(written);
    const decided = follow(sight, written);
    for (const action of written.actions) {
      if (action.type !== 'answer') continue;
      const request = requests.get(action.inboxId);
      if (request?.type !== 'approve') continue;
      const { ok } = action.answer;
      if (ok) {
        const at = decided.findIndex(
          ({ option, question }) => option === request.option && isFor(request, question),
        );
        if (at < 0)
          found.push({ invariant: 'S15', text: `answer ${action.inboxId} was taken and decides nothing` });
        else decided.splice(at, 1);
      } else if (action.answer.code !== 'internal') checkRefused(sight, written, request, before);
    }
    for (const { question } of decided)
      found.push({ invariant: 'S15', text: `${question.instance} is answered, and nobody was told so` });
  }
  return [...found, ...checkNoBody(history, sight.replay)];
}

interface Decided {
  readonly option: string;
  readonly question: Question;
}

/** Takes in what one transaction says of questions; those in it that people have decided. */
function follow({ history, replay, open, found }: Sight, written: Written): Decided[] {
  const decided: Decided[] = [];
  for (const action of written.actions) {
    if (action.type !== 'instance') continue;
    const { runNo, nodeNo, tryNo } = action;
    const id = `${runNo}.${nodeNo}`;
    const run = replay.runs.get(runNo) as RunNow;
    const place = run.layout.at(nodeNo);
    const code = BECAUSE_CODES[action.because] as string;
    const to = TASK_STATES[action.to] as string;
    if (code === 'waits_answer') {
      const { action: asked } = place.spec as TaskSpec;
      const question = {
        askedAt: written.at,
        askedMono: written.atMono,
        runUid: run.record.uid,
        instance: instanceIn(run, place),
      };
      open.set(id, { ...question, action: asked as ApprovalAction });
      continue;
    }
    const question = open.get(id);
    open.delete(id);
    if (!['answered', 'answer_defaulted', 'answer_timed_out'].includes(code)) continue;
    if (question === undefined) {
      found.push({ invariant: 'S15', text: `${id} is decided (${code}) although nobody is asked` });
      continue;
    }
    const { options, onTimeout, answerWithinMs = 0 } = question.action;
    if (code === 'answered') {
      const option = (JSON.parse(action.facts ?? '{}') as { option?: string }).option ?? '';
      if (!options.includes(option)) found.push({ invariant: 'S11', text: `${id} has no option ${option}` });
      decided.push({ option, question });
      checkOutput(written, id, tryNo, option, found);
      continue;
    }
    const wanted = onTimeout === undefined ? 'failed' : 'success';
    if (to !== wanted || (code === 'answer_defaulted') !== (onTimeout !== undefined))
      found.push({ invariant: 'S11', text: `${id} has no answer and is ${to}, not ${wanted}` });
    if (onTimeout !== undefined) checkOutput(written, id, tryNo, onTimeout, found);
    const earlyMs = question.askedAt + answerWithinMs - written.at;
    if (earlyMs > 1 && isUndisturbed(history, question.askedMono, written.atMono))
      found.push({ invariant: 'S3', text: `${id} waits for an answer ${earlyMs} ms too short` });
  }
  return decided;
}

function checkOutput(
  { actions }: Written,
  id: string,
  tryNo: number,
  option: string,
  found: Violation[],
): void {
  const output = actions.find(
    (one) => one.type === 'output' && `${one.runNo}.${one.nodeNo}.${one.tryNo}` === `${id}.${tryNo}`,
  );
  const given = output?.type === 'output' && 'json' in output.output ? output.output.json : null;
  if (given !== JSON.stringify(option))
    found.push({ invariant: 'S21', text: `${id} is decided for ${option} and gives ${given}` });
}

/** An answer in time that names an option is not refused, unless its run is being ended. */
function checkRefused(
  { replay, found }: Sight,
  written: Written,
  request: Approve,
  before: ReadonlyMap<string, Question>,
): void {
  const [id, question] = [...before].find(([, one]) => isFor(request, one)) ?? [];
  if (id === undefined || !question?.action.options.includes(request.option)) return;
  const run = replay.runs.get(Number(id.split('.')[0])) as RunNow;
  const isChanged = written.actions.some(
    (one) =>
      'runNo' in one &&
      one.runNo === run.record.runNo &&
      (one.type === 'instance' || one.type === 'run.change'),
  );
  if (isChanged || run.abort || run.asideOf !== null) return;
  found.push({ invariant: 'S15', text: `${id} waits, and the answer ${request.option} was refused` });
}

/** What people call an instance. */
function instanceIn({ layout }: RunNow, { path, keys, around }: Place): string {
  const fanOut = layout.graph.spec.fanOuts?.[around.at(-1) ?? -1];
  return instanceName(path, fanOut?.path ?? null, keyText(keys));
}

function isFor({ runUid, instance }: Approve, question: Question): boolean {
  return question.runUid === runUid && question.instance === instance;
}

function checkNoBody({ witness }: SimHistory, { runs }: Replay): Violation[] {
  const found: Violation[] = [];
  for (const { word, attemptId } of witness) {
    const [runNo, node] = attemptId.split('.').map(Number) as [number, number];
    const spec = runs.get(runNo)?.layout.at(node).spec as TaskSpec | undefined;
    if (word === 'START' && spec?.action.kind === 'approval')
      found.push({ invariant: 'S25', text: `${attemptId} started, and is a question` });
  }
  return found;
}
