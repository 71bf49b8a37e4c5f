import type { Mutant } from './mutant.ts';

/** Bugs of limits and of slots. */
export const LIMITS_AND_SLOTS: readonly Mutant[] = [
  {
    name: 'pool-by-one',
    bug: 'B18 weight ignored',
    file: 'planner/slots.ts',
    find: '  pool.used += by * (run.templates.slots[template] as number);',
    replace: '  pool.used += by;',
  },
  {
    name: 'pool-off-by-one',
    bug: 'B18 off by one',
    file: 'planner/slots.ts',
    find: 'pool.used + slots <= pool.slots;',
    replace: 'pool.used < pool.slots;',
  },
  {
    name: 'cap-off-by-one',
    bug: 'S12 caps',
    file: 'planner/slots.ts',
    find: '  return load.active < limit;',
    replace: '  return load.active <= limit;',
  },
  {
    name: 'global-cap-off-by-one',
    bug: 'S12 caps',
    file: 'planner/lanes.ts',
    find: '  while (world.used < world.limits.globalSlots) {',
    replace: '  while (world.used <= world.limits.globalSlots) {',
  },
  {
    name: 'adopted-slots-not-counted',
    bug: 'B49 slots after restart',
    file: 'planner/load.ts',
    find: '  for (const node of nodesInState(run, holdsSlot)) acquire(world, run, node);\n}',
    replace: '}',
  },
  {
    name: 'fan-out-cap-ignored',
    bug: 'S12 fan-out cap',
    file: 'planner/slots.ts',
    find: '  return fanOutAt(run.graph, gate).maxParallel ?? Number.POSITIVE_INFINITY;',
    replace: '  return fanOutAt(run.graph, gate).maxParallel === 1 ? 2 : Number.POSITIVE_INFINITY;',
  },
  {
    name: 'blocked-hide-the-rest',
    bug: 'B20 starvation',
    file: 'planner/lanes.ts',
    find: '  while (world.used < world.limits.globalSlots) {',
    replace:
      '  while (world.used < world.limits.globalSlots &&' +
      ' [...world.pools.values()].every((pool) => pool.used < pool.slots)) {',
  },
  {
    name: 'one-start-a-tick',
    bug: 'B20 starvation',
    file: 'planner/lanes.ts',
    find: '    start(lane.run, world.ranking.take(lane));',
    replace: '    start(lane.run, world.ranking.take(lane));\n    if (world.used > 2) return;',
  },
  {
    name: 'paused-dag-starts-tasks',
    bug: 'S18 pause',
    file: 'planner/slots.ts',
    find: "return isOwn && world.dagLoad(dagId).paused ? 'dag_paused' : null;",
    replace: "return trigger === 'backfill' && world.dagLoad(dagId).paused ? 'dag_paused' : null;",
  },
  {
    name: 'paused-run-starts-tasks',
    bug: 'S18 pause',
    file: 'planner/slots.ts',
    find: "if (run.record.state === 'paused' && !run.abort) return 'run_paused';",
    replace: "if (run.record.state === 'paused' && run.abort) return 'run_paused';",
  },
  {
    name: 'slot-again-after-restart',
    bug: 'B33 same slot',
    file: 'timetables/slot-step.ts',
    find: 'const first = timetable.next(cursorAt);',
    replace: 'const first = timetable.next(cursorAt - 1);',
  },
  {
    name: 'slot-early',
    bug: 'B33 early',
    file: 'timetables/slot-step.ts',
    find: "  if (dueAt > now) return { kind: 'wait', untilAt: dueAt };",
    replace: "  if (dueAt > now + 2_000) return { kind: 'wait', untilAt: dueAt - 2_000 };",
  },
  {
    name: 'late-slots-dropped',
    bug: 'B29 grace',
    file: 'timetables/slot-step.ts',
    find: '  if (misfireGraceMs !== null && first.at',
    replace:
      '  if (misfireGraceMs === null && first.at < now - 60_000) return { kind:' +
      " 'leave', why: 'missed', firstAt: first.at, lastAt: first.at };\n  if" +
      ' (misfireGraceMs !== null && first.at',
  },
  {
    name: 'oldest-instead-of-newest',
    bug: 'B28 catch-up',
    file: 'timetables/slot-step.ts',
    find: '  if (newest.at <= first.at) return',
    replace: '  if (newest.at >= first.at) return',
  },
  {
    name: 'no-coalesce',
    bug: 'B28 coalesce',
    file: 'timetables/slot-step.ts',
    find: "  if (policy.catchup) return { kind: 'run', slot: newest, coalesced: older };",
    replace: "  if (policy.catchup) return { kind: 'run', slot: newest, coalesced: null };",
  },
  {
    name: 'catch-up-ignored',
    bug: 'B28 catch-up',
    file: 'timetables/slot-step.ts',
    find: '  if (policy.catchup && !policy.coalesce) return',
    replace: '  if (policy.catchup && policy.coalesce) return',
  },
  {
    name: 'grace-off',
    bug: 'B29 grace',
    file: 'timetables/slot-step.ts',
    find: 'const last = timetable.previous(now - misfireGraceMs - 1) ?? first;',
    replace: 'const last = timetable.previous(now) ?? first;',
  },
  {
    name: 'edit-fires-the-past',
    bug: 'B25 edit',
    file: 'planner/open-slots.ts',
    find: '  else if (isRescheduled && !dag.policy.catchup) skipTo',
    replace: '  else if (isRescheduled && dag.policy.catchup) skipTo',
  },
  {
    name: 'unpause-fires-the-past',
    bug: 'B26 unpause',
    file: 'planner/open-slots.ts',
    find: '    paused || dag.policy.catchup || dag.state.cursorAt === null',
    replace: '    paused || !dag.policy.catchup || dag.state.cursorAt === null',
  },
  {
    name: 'unpause-records-nothing',
    bug: 'S19 disposition',
    file: 'planner/open-slots.ts',
    find: "  if (!paused && !dag.policy.catchup) passOver(turn, dag, 'paused', 'slot_paused');",
    replace: '',
  },
  {
    name: 'paused-dag-makes-runs',
    bug: 'S18 pause',
    file: 'planner/open-slots.ts',
    find:
      'if (timetable === null || before.paused || !before.present || before.cursorAt' + ' === null) return;',
    replace: 'if (timetable === null || !before.present || before.cursorAt === null) return;',
  },
  {
    name: 'removed-dag-makes-runs',
    bug: 'B48 deleted schedule',
    file: 'planner/open-slots.ts',
    find: 'before.paused || !before.present || before.cursorAt === null',
    replace: 'before.paused || before.cursorAt === null',
  },
  {
    name: 'gone-dag-forgotten',
    bug: 'B48 deleted schedule',
    file: 'planner/open-slots.ts',
    find: '?? { entry: { dagId }, state: stored, dueAt: 0 };',
    replace: '?? { entry: { dagId }, state: { ...stored, present: false }, dueAt: 0 };',
  },
  {
    name: 'waiting-slot-forgotten',
    bug: 'B27 never again',
    file: 'planner/open-slots.ts',
    find: '  if (dag.dueAt > turn.now.at) turn.world.agenda?.appoint(dag, turn.now.at);',
    replace: '',
  },
  {
    name: 'overlap-ignored',
    bug: 'B28 overlap',
    file: 'planner/open-slots.ts',
    find: '    if (busy.length >= runsLimit(turn.world, spec)) {',
    replace: '    if (busy.length > runsLimit(turn.world, spec)) {',
  },
  {
    name: 'cursor-not-stored',
    bug: 'B45 next in memory',
    file: 'planner/open-slots.ts',
    find: '  if (cursorAt !== before.cursorAt) changeState(turn, dag, { ...before,' + ' cursorAt }, null);',
    replace: '  dag.state = { ...before, cursorAt };',
  },
  {
    name: 'slot-without-record',
    bug: 'S19 disposition',
    file: 'planner/open-slots.ts',
    find: "      if (spec.overlap === 'skip') {\n",
    replace:
      "      if (spec.overlap === 'skip') {\n        cursorAt = step.slot.at;\n       " +
      " continue;\n      }\n      if (spec.overlap !== 'cancel_running') {\n",
  },
  {
    name: 'cursor-goes-back-with-clock',
    bug: 'B64 clock back',
    file: 'planner/open-slots.ts',
    find:
      '  const cursorAt = Math.max(dag.state.cursorAt ?? 0, turn.now.at);\n ' +
      ' changeState(turn, dag, { ...dag.state, cursorAt }, code);',
    replace:
      '  const cursorAt = turn.now.at;\n  changeState(turn, dag, { ...dag.state,' + ' cursorAt }, code);',
  },
];
