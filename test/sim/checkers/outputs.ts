import type { TaskSpec } from '../../../core/model/dag.ts';
import { TASK_STATES } from '../../../core/model/states.ts';
import type { SimHistory, Violation, Written } from '../history.ts';
import { Replay, type RunNow } from './replay.ts';

/** S21: an output is written once, in the transaction in which its attempt succeeds. */
export function checkOutputs(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const written = new Set<string>();
  for (const { actions, tick } of history.written) {
    for (const action of actions) {
      if (action.type !== 'output') continue;
      const { runNo, nodeNo, tryNo } = action;
      const id = `${runNo}.${nodeNo}.${tryNo}`;
      if (written.has(id)) found.push({ invariant: 'S21', text: `${id} gave two outputs` });
      written.add(id);
      const succeeds = actions.some(
        (one) =>
          one.type === 'instance' &&
          one.runNo === runNo &&
          one.nodeNo === nodeNo &&
          one.tryNo === tryNo &&
          TASK_STATES[one.to] === 'success',
      );
      if (!succeeds)
        found.push({ invariant: 'S21', text: `${id} gave an output in tick ${tick} without success` });
    }
  }
  return found;
}

/** S10: what a task is given is the output of the attempt of its upstream that had won when it was queued. */
export function checkInputs(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const replay = new Replay(history);
  const outputs = new Map<string, string>();
  const wanted = new Map<string, string | null>();
  let at = 0;
  for (const { word, seq, attemptId, inputs } of history.witness) {
    for (; at < seq; at++) {
      const written = history.written[at] as Written;
      replay.apply(written);
      for (const action of written.actions) {
        if (action.type === 'output' && 'json' in action.output)
          outputs.set(`${action.runNo}.${action.nodeNo}.${action.tryNo}`, action.output.json);
        if (action.type === 'instance' && TASK_STATES[action.to] === 'queued')
          noteWanted(replay.runs.get(action.runNo) as RunNow, action.nodeNo, action.tryNo, outputs, wanted);
      }
    }
    const given = inputs?.['given'];
    const expected = wanted.get(attemptId);
    if (word !== 'START' || given === undefined || expected === undefined) continue;
    if (given !== expected)
      found.push({ invariant: 'S10', text: `${attemptId} was given ${given} instead of ${expected}` });
  }
  return found;
}

function noteWanted(
  run: RunNow,
  node: number,
  tryNo: number,
  outputs: ReadonlyMap<string, string>,
  wanted: Map<string, string | null>,
): void {
  const place = run.layout.at(node);
  const source = (place.spec as TaskSpec).needs?.['given'];
  const from = run.layout
    .all()
    .find(
      (one) => one.path === source && one.kind === 'task' && one.keys.join('\n') === place.keys.join('\n'),
    );
  if (from === undefined) return;
  const { runNo } = run.record;
  const now = run.nodes.get(from.node);
  const output = now?.state === 'success' ? outputs.get(`${runNo}.${from.node}.${now.tryNo}`) : null;
  wanted.set(`${runNo}.${node}.${tryNo}`, output ?? null);
}

/** S20: a run keeps its version unless it is moved by hand, and equal graphs are one version. */
export function checkVersions(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const known = new Set<string>();
  for (const { dagId, graphHash, codeHash, versionNo } of history.versions.values()) {
    const what = `${dagId} ${graphHash} ${codeHash}`;
    if (known.has(what))
      found.push({ invariant: 'S20', text: `version ${versionNo} of ${dagId} is not new` });
    known.add(what);
  }
  const replay = new Replay(history);
  for (const written of history.written) replay.apply(written);
  for (const { run } of history.runs) {
    const now = replay.runs.get(run.runNo);
    if (now?.versionNo !== run.versionNo)
      found.push({
        invariant: 'S20',
        text: `run ${run.runNo} has version ${run.versionNo}, not ${now?.versionNo}`,
      });
  }
  return found;
}
