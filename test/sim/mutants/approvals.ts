import type { Mutant } from './mutant.ts';

/** Bugs of questions to people. */
export const APPROVALS: readonly Mutant[] = [
  {
    name: 'answered-twice',
    bug: 'B3 stale answer',
    kind: 'wide',
    file: 'planner/waits.ts',
    find: '  if (run.state[node] !== S.waiting) return conflict(`task ${name} does not wait',
    replace: '  if (run.state[node] === S.none) return conflict(`task ${name} does not wait',
  },
  {
    name: 'any-option-taken',
    bug: 'S11 invented option',
    kind: 'wide',
    file: 'planner/waits.ts',
    find: '  if (!action.options.includes(given.option)) {',
    replace: '  if (given.option === ``) {',
  },
  {
    name: 'answer-timer-lost',
    bug: 'B27 never again',
    kind: 'wide',
    file: 'planner/waits.ts',
    find: '{ startedAt: now.at, dueAt });\n  askAgainAt(turn, run, node, dueAt);\n',
    replace: '{ startedAt: now.at, dueAt });\n  run.dueAt.set(node, dueAt);\n',
  },
  {
    name: 'default-ignored',
    bug: 'S11 how it ends',
    kind: 'wide',
    file: 'planner/waits.ts',
    find: '  if (onTimeout === undefined)\n    return failAt',
    replace: '  if (onTimeout !== `nothing`)\n    return failAt',
  },
  {
    name: 'patience-in-seconds',
    bug: 'S3 never early',
    kind: 'wide',
    file: 'planner/waits.ts',
    find: '  const dueAt = now.at + answerWithinMs;',
    replace: '  const dueAt = now.at + answerWithinMs / 1_000;',
  },
  {
    name: 'answer-without-output',
    bug: 'S21 outputs',
    kind: 'wide',
    file: 'planner/instant.ts',
    find: "  turn.actions.push({ type: 'output', ...at, output });",
    replace: "  if (code === 'chosen') turn.actions.push({ type: 'output', ...at, output });",
  },
  {
    name: 'answer-kept-in-the-store-only',
    bug: 'S10 inputs',
    kind: 'wide',
    file: 'planner/instant.ts',
    find: '  run.outputs.set(node, output);\n',
    replace: '',
  },
];
