import type { SimHistory, Violation } from '../history.ts';

/** S15 what was answered is done, S16 one id gives one run, L10 faults of the store are nobody's answer. */
export function checkRequests(history: SimHistory): Violation[] {
  const found: Violation[] = [];
  const inboxOf = new Map<string, number>();
  const wasFaulty = history.struck.some(({ kind }) => kind === 'throw');
  const answered = new Map<number, number>();
  for (const { actions } of history.written)
    for (const action of actions)
      if (action.type === 'answer') answered.set(action.inboxId, (answered.get(action.inboxId) ?? 0) + 1);
  for (const [inboxId, times] of answered)
    if (times > 1) found.push({ invariant: 'S15', text: `request ${inboxId} was answered ${times} times` });
  for (const { inboxId, request, answer } of history.asked) {
    const what = `${request.type} (${inboxId})`;
    if (answer === null) {
      found.push({ invariant: 'S15', text: `${what} has no answer` });
      continue;
    }
    if (!answer.ok && answer.code === 'internal' && !wasFaulty)
      found.push({ invariant: 'S15', text: `${what} met a defect: ${answer.message}` });
    if (request.type === 'trigger') {
      const before = inboxOf.get(request.runUid);
      if (before !== undefined && before !== inboxId)
        found.push({ invariant: 'S16', text: `${request.runUid} was asked for as ${before} and ${inboxId}` });
      inboxOf.set(request.runUid, inboxId);
      const runs = history.runs.filter(({ run }) => run.uid === request.runUid).length;
      if (runs !== (answer.ok ? 1 : 0))
        found.push({ invariant: 'S16', text: `${what} was answered ${answer.ok} and has ${runs} runs` });
    }
    if (!answer.ok || !('runUid' in request) || request.runUid === undefined) continue;
    const run = history.runs.find((one) => one.run.uid === request.runUid);
    const codes = new Set(run?.journal.map(({ because }) => because.code));
    if ((request.type === 'cancel' || request.type === 'kill') && !wasEnded(codes))
      found.push({ invariant: 'S17', text: `${what} was accepted, and the run knows nothing of it` });
    if (request.type === 'retry' && !codes.has('retried'))
      found.push({ invariant: 'S15', text: `${what} was accepted, and the run knows nothing of it` });
  }
  return found;
}

const ENDINGS = [
  'cancelled_by_user',
  'critical_failed',
  'run_timed_out',
  'superseded',
  'unknown_key',
  'expansion_failed',
  'marked',
] as const;

function wasEnded(codes: ReadonlySet<string>): boolean {
  return ENDINGS.some((code) => codes.has(code));
}
