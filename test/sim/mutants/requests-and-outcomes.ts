import type { Mutant } from './mutant.ts';

/** Bugs of requests, outcomes and the ends of runs. */
export const REQUESTS_AND_OUTCOMES: readonly Mutant[] = [
  {
    name: 'copies-of-a-run',
    bug: 'B52 two recoverers',
    file: 'planner/requests.ts',
    find: 'const run = turn.world.runs.get(request.run.record.runNo) ?? request.run;',
    replace: 'const run = request.run;',
  },
  {
    name: 'orphans-not-adopted',
    bug: 'B1 in-memory keys',
    file: 'planner/adopt.ts',
    find: '    else loseOrphan(turn, run, node);',
    replace: '',
  },
  {
    name: 'retries-not-adopted',
    bug: 'B40 stuck retry',
    file: 'planner/adopt.ts',
    find: '    if (!waitsForItself(run, node)) continue;',
    replace: '    if (run.state[node] !== S.waiting) continue;',
  },
  {
    name: 'abort-not-adopted',
    bug: 'B7 cancel forgotten',
    file: 'planner/adopt.ts',
    find: '  if (run.abort) sweep(turn, run);\n',
    replace: '',
  },
  {
    name: 'adopted-run-not-evaluated',
    bug: 'B42 stuck',
    file: 'planner/adopt.ts',
    find:
      '  if (run.wantedKeys) turn.expanded.add(run);\n  evaluateRun(turn, run);\n ' +
      ' return accepted(run);\n}\n\n/** What an attempt',
    replace:
      '  if (run.wantedKeys) turn.expanded.add(run);\n  return' + ' accepted(run);\n}\n\n/** What an attempt',
  },
  {
    name: 'adoption-waits-anew',
    bug: 'B45 backoff restarts',
    file: 'planner/adopt.ts',
    find: 'const waitMs = Math.max(0, (run.dueAt.get(node) ?? turn.now.at) - turn.now.at);',
    replace: 'const waitMs = 0;',
  },
  {
    name: 'retry-of-live-instance',
    bug: 'B34 second worker',
    file: 'planner/requests.ts',
    find: '  if (busy !== undefined) return conflict(',
    replace: "  if (busy !== undefined && by === 'nobody') return conflict(",
  },
  {
    name: 'mark-forgets-attempt',
    bug: 'B55 mark of running',
    file: 'planner/requests.ts',
    find: '    run.ghosts.add(node);\n  }\n  run.flags[node]',
    replace: '  }\n  run.flags[node]',
  },
  {
    name: 'resume-without-evaluation',
    bug: 'B42 resumed and stuck',
    file: 'planner/requests.ts',
    find: "'running', 'started', null);\n  evaluateRun(turn, run);",
    replace: "'running', 'started', null);",
  },
  {
    name: 'reset-keeps-losses',
    bug: 'B10 counters',
    file: 'planner/requests.ts',
    find: '  run.lost[node] = 0;\n  run.flags',
    replace: '  run.flags',
  },
  {
    name: 'reset-keeps-tries',
    bug: 'B13 counters',
    file: 'planner/requests.ts',
    find: '  run.tryBase[node] = run.tryNo[node] as number;\n  run.lost',
    replace: '  run.lost',
  },
  {
    name: 'late-outcome-applied',
    bug: 'B65 late completion',
    file: 'planner/outcomes.ts',
    find:
      'const current = node < run.size && run.tryNo[node] === tryNo &&' +
      ' holdsSlot(run.state[node] as number);',
    replace: 'const current = node < run.size && holdsSlot(run.state[node] as number);',
  },
  {
    name: 'outcome-of-settled-applied',
    bug: 'B12 zombie wins',
    file: 'planner/outcomes.ts',
    find: 'run.tryNo[node] === tryNo && holdsSlot(run.state[node] as number);',
    replace: 'run.tryNo[node] === tryNo;',
  },
  {
    name: 'one-retry-more',
    bug: 'S13 retries',
    file: 'planner/retry.ts',
    find: 'if (failures > max) return',
    replace: 'if (failures > max + 1) return',
  },
  {
    name: 'one-retry-less',
    bug: 'S13 retries',
    file: 'planner/retry.ts',
    find: 'if (failures > max) return',
    replace: 'if (failures >= max) return',
  },
  {
    name: 'lost-without-budget',
    bug: 'B53 endless attempts',
    file: 'planner/outcomes.ts',
    find: '  if (lost > budget) {',
    replace: '  if (lost > budget + 50) {',
  },
  {
    name: 'lost-counts-as-failure',
    bug: 'B10 lost is failed',
    file: 'planner/outcomes.ts',
    find: 'const failures = tryNo - (run.tryBase[node] as number) - (run.lost[node] as number);',
    replace: 'const failures = tryNo - (run.tryBase[node] as number);',
  },
  {
    name: 'on-lost-ignored',
    bug: 'S13 onLost fail',
    file: 'planner/outcomes.ts',
    find: "  if (task.onLost === 'fail') {",
    replace: "  if (task.onLost === 'fail' && lost > 1) {",
  },
  {
    name: 'retry-at-once',
    bug: 'S3 backoff',
    file: 'planner/outcomes.ts',
    find: '    atMono: now.mono + Math.max(0, dueAt - now.at),',
    replace: '    atMono: now.mono,',
  },
  {
    name: 'backoff-not-growing',
    bug: 'S3 backoff',
    file: 'planner/retry.ts',
    find: '        ? failures\n',
    replace: '        ? 1\n',
  },
  {
    name: 'retry-timer-lost',
    bug: 'B40 retry lost',
    file: 'planner/outcomes.ts',
    find: '    if (!isCurrent || run.state[node] !== S.up_for_retry) continue;',
    replace: '    if (!isCurrent || run.state[node] !== S.up_for_retry || run.active > 0) continue;',
  },
  {
    name: 'deadline-not-armed',
    bug: 'B27 immortal task',
    file: 'planner/outcomes.ts',
    find: '  world.deadlines.set(attemptId(run.record.runNo, node as NodeNo, tryNo), due);',
    replace:
      '  if (run.active < 2) world.deadlines.set(attemptId(run.record.runNo, node as' +
      ' NodeNo, tryNo), due);',
  },
  {
    name: 'late-success-after-cancel',
    bug: 'B12 cancel loses',
    file: 'planner/outcomes.ts',
    find: '  if (run.abort && !spared) {',
    replace: "  if (run.abort && !spared && outcome.kind !== 'success') {",
  },
  {
    name: 'output-of-skipped',
    bug: 'S21 outputs',
    file: 'planner/outcomes.ts',
    find: "    turn.actions.push({ type: 'output', ...at, output });",
    replace: "    if (run.record.runNo % 4 !== 0) turn.actions.push({ type: 'output', ...at," + ' output });',
  },
  {
    name: 'abort-without-stop',
    bug: 'B44 attempts go on',
    file: 'planner/abort.ts',
    find:
      '      turn.stop(run, node, reason, kill ? 0 : graceOf(turn.world, run,' + ' template));\n    } else',
    replace: '    } else',
  },
  {
    name: 'critical-ignored',
    bug: 'S14 critical',
    file: 'planner/turn.ts',
    find: '      this.fatal.push({ run, node });',
    replace: '      if (run.open < 0) this.fatal.push({ run, node });',
  },
  {
    name: 'run-ends-beside-ghost',
    bug: 'B14 orphan',
    file: 'planner/lifecycle.ts',
    find: '  return run.open === 0 && run.ghosts.size === 0;',
    replace: '  return run.open === 0;',
  },
  {
    name: 'leaf-failures-ignored',
    bug: 'B37 child forgotten',
    file: 'planner/run-outcome.ts',
    find: 'const bad = state === S.failed || state === S.upstream_failed || state === S.cancelled;',
    replace: 'const bad = state === S.failed || state === S.cancelled;',
  },
  {
    name: 'open-not-counted-down',
    bug: 'B37 counter',
    file: 'planner/turn.ts',
    find: '    run.open--;\n',
    replace: '    if (to !== S.skipped || run.open > 1) run.open--;\n',
  },
  {
    name: 'run-timeout-ignored',
    bug: 'L3 immortal run',
    file: 'planner/lifecycle.ts',
    find: '    if (dueAt === null || run.abort || turn.now.at < dueAt) continue;',
    replace: '    if (dueAt === null || run.abort || turn.now.at < dueAt * 2) continue;',
  },
  {
    name: 'slot-not-released',
    bug: 'B49 slot leak',
    file: 'planner/turn.ts',
    find: '      if (held) release(this.world, run, node);',
    replace: '      if (held && to !== S.cancelled) release(this.world, run, node);',
  },
  {
    name: 'max-active-runs-off-by-one',
    bug: 'B15 run cap',
    file: 'planner/lifecycle.ts',
    find: 'return world.dagLoad(run.record.dagId).runs < runsLimit(world, run.graph.spec);',
    replace: 'return world.dagLoad(run.record.dagId).runs <= runsLimit(world, run.graph.spec);',
  },
  {
    name: 'inputs-of-another',
    bug: 'S10 inputs',
    file: 'scheduler/inputs.ts',
    find: '      single: inside ? all[0] : undefined,',
    replace: '      single: inside ? all[0] && Math.max(0, all[0] - 1) : undefined,',
  },
  {
    name: 'refused-requests-unanswered',
    bug: 'S15 answers',
    file: 'planner/requests.ts',
    find:
      "  if (request.inboxId !== null) turn.actions.push({ type: 'answer', inboxId:" +
      ' request.inboxId, answer });',
    replace:
      '  if (request.inboxId !== null && answer.ok) turn.actions.push({ type:' +
      " 'answer', inboxId: request.inboxId, answer });",
  },
];
