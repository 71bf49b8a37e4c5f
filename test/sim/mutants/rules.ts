import type { Mutant } from './mutant.ts';

/** Bugs of trigger rules and fan-outs. */
export const RULES: readonly Mutant[] = [
  {
    name: 'cancel-leaves-ready-tasks',
    bug: 'S17 cancel',
    file: 'planner/readiness.ts',
    find: '  if (run.abort && (!(traits & TEARDOWN) || run.ending.size > 0)) return;',
    replace: '  if (run.abort && !(traits & TEARDOWN) && run.ending.size > 0) return;',
  },
  {
    name: 'teardown-beside-attempts',
    bug: 'S10 teardown early',
    file: 'planner/readiness.ts',
    find: '(!(traits & TEARDOWN) || run.ending.size > 0)',
    replace: '!(traits & TEARDOWN)',
  },
  {
    name: 'all-success-ignores-skips',
    bug: 'S11 rules',
    file: 'planner/trigger-rules.ts',
    find:
      "      if (open > 0) return 'wait';\n      return skipped > 0 ? 'skipped' :" +
      " 'run';\n    case 'all_failed'",
    replace: "      if (open > 0) return 'wait';\n      return 'run';\n    case 'all_failed'",
  },
  {
    name: 'all-done-too-early',
    bug: 'S10 order',
    file: 'planner/trigger-rules.ts',
    find: "    case 'all_done_setup_success':\n      return open > 0 ? 'wait' : 'run';",
    replace: "    case 'all_done_setup_success':\n      return open > 1 ? 'wait' : 'run';",
  },
  {
    name: 'one-failed-of-none',
    bug: 'S11 rules',
    file: 'planner/trigger-rules.ts',
    find: "      if (bad > 0) return 'run';\n      return open > 0 ? 'wait' : 'skipped';",
    replace: "      if (failed > 0) return 'run';\n      return open > 0 ? 'wait' : 'skipped';",
  },
  {
    name: 'downstreams-not-told',
    bug: 'B37 parent waits',
    file: 'planner/readiness.ts',
    find: '      else run.addCount(downstream, counter, 1);\n',
    replace: '      else if (counter !== SKIPPED) run.addCount(downstream, counter, 1);\n',
  },
  {
    name: 'empty-fan-out-stuck',
    bug: 'B16 empty map',
    file: 'planner/expand.ts',
    find: '  if (keyed.keys.length === 0) {',
    replace: '  if (keyed.keys.length === 0 && keyed.items.length > 0) {',
  },
  {
    name: 'past-passes-failures',
    bug: 'S10 past',
    file: 'planner/past-rule.ts',
    find: 'if (state === S.success || state === S.skipped || state === S.removed) return null;',
    replace: 'if (isFinished(state)) return null;',
  },
  {
    name: 'past-forgotten-at-takeover',
    bug: 'S10 past',
    file: 'planner/pasts.ts',
    find: 'if (!run.templates.usesPast) return;',
    replace: 'if (!run.templates.usesPast || run.record.startedAt !== null) return;',
  },
  {
    name: 'past-of-no-downstream',
    bug: 'S10 past',
    file: 'planner/past-rule.ts',
    find: 'return instancesBlock(before, found) ?? downstreamBlock(run, template, before, found);',
    replace: 'return instancesBlock(before, found);',
  },
  {
    name: 'past-not-woken-by-a-mark',
    bug: 'L3 past',
    file: 'planner/requests.ts',
    find: '  turn.world.pasts.touch(run);',
    replace: '',
  },
  {
    name: 'past-not-woken',
    bug: 'L3 past',
    file: 'planner/readiness.ts',
    find: '  for (const past of run.followers) {',
    replace: '  for (const past of run.state[node] === S.success ? [] : run.followers) {',
  },
];
