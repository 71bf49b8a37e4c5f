import type { Mutant } from './mutant.ts';

/** Bugs of assets and of the runs that their events make. */
export const ASSETS: readonly Mutant[] = [
  {
    name: 'all-means-any',
    bug: 'S2 invented runs',
    kind: 'wide',
    file: 'planner/awaited-events.ts',
    find: "  return match === 'all' ? assets.every(has) : assets.some(has);",
    replace: '  return match.length > 3 ? assets.every(has) : assets.some(has);',
  },
  {
    name: 'stored-events-not-read',
    bug: 'B45 schedule in memory',
    kind: 'wide',
    file: 'planner/asset-events.ts',
    find: '  for (const event of events) awaited.add(event);\n',
    replace: '  void events;\n',
  },
  {
    name: 'consumers-not-woken',
    bug: 'B27 never again',
    kind: 'wide',
    file: 'planner/asset-events.ts',
    find: '    dag.awaited.add(event);\n    world.agenda?.appoint(dag, Math.min(dag.dueAt, now.at));\n',
    replace: '    if (event.producer === null) dag.awaited.add(event);\n',
  },
  {
    name: 'events-of-a-pause-count',
    bug: 'B26 unpause',
    kind: 'wide',
    file: 'planner/open-slots.ts',
    find: '  if (!paused && !dag.policy.catchup) passEvents(turn, dag);\n',
    replace: '',
  },
  {
    name: 'paused-dag-takes-events',
    bug: 'S18 pause',
    kind: 'wide',
    file: 'planner/open-events.ts',
    find: '  if (state.paused || !state.present || !awaited.isRead',
    replace: '  if (!state.present || !awaited.isRead',
  },
  {
    name: 'events-beyond-the-cap',
    bug: 'B15 run cap',
    kind: 'wide',
    file: 'planner/open-events.ts',
    find: "  if (overlap === 'wait') return;\n",
    replace: '',
  },
  {
    name: 'event-cursor-not-stored',
    bug: 'B45 next in memory',
    kind: 'wide',
    file: 'planner/open-events.ts',
    find: "  turn.actions.push({ type: 'asset.take', dagId, from: dag.awaited.eventNo, to, code, facts });\n",
    replace: '  void [dagId, code, facts];\n',
  },
  {
    name: 'success-without-event',
    bug: 'B41 event lost',
    kind: 'wide',
    file: 'planner/asset-events.ts',
    find: '  for (const uri of produces) record(',
    replace: '  for (const uri of produces.slice(1)) record(',
  },
];
