import { describe, expect, it } from 'vitest';
import type { Fault, History } from '../history.ts';
import { lossesWithoutCause, SWARM } from './violations.ts';

function history(victims: readonly Fault['victim'][], attempts: readonly number[]): History {
  const tasks = attempts.map((count, nodeNo) => {
    return { nodeNo, name: `t${nodeNo}`, state: 'success', attempts: count, output: null };
  });
  const run = { runNo: 1, runId: 'r', state: 'success', tasks, journal: [] };
  return {
    witness: [],
    faults: victims.map((victim) => ({ kind: 'kill', victim, moment: 'now', momentKind: 'swarm' })),
    launches: [],
    stored: { runs: [run], unanswered: 0, problems: [], leaderPid: null },
    givenUp: null,
    leftAtEnd: 0,
  };
}

describe('losses of a swarm', () => {
  it('are explained by kills: one by that of a runner or command, all at once by that of a keeper', () => {
    expect(lossesWithoutCause(history(['runner', 'command'], [2, 1, 2]))).toEqual([]);
    expect(lossesWithoutCause(history(['keeper'], [9]))).toEqual([]);
  });

  it('are told where they are more', () => {
    const wrong = lossesWithoutCause(history(['runner', 'command'], [2, 3, 1]));
    expect(wrong).toEqual(['3 attempts were lost, but kills explain 2 at most']);
  });

  it('are counted in a run of which the sum is known', () => {
    expect(SWARM).toMatchObject({ tasks: 202, outputs: { sum: 290, 'each[i42].weigh': 3 } });
  });
});
