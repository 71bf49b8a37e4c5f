import type { Mutant } from './mutant.ts';

/** Bugs of the store, of commits and of the loop. */
export const STORE_AND_LEADER: readonly Mutant[] = [
  {
    name: 'answer-twice',
    bug: 'B3 stale answer',
    file: 'store/sqlite/statements.ts',
    find: ".where('answer', 'is', null),",
    replace: ".where('inbox_id', 'is not', null),",
  },
  {
    name: 'trigger-replayed',
    bug: 'B47 submitted twice',
    file: 'store/inbox.ts',
    find: '.values({ trigger_uid: uid, request',
    replace: '.values({ trigger_uid: null, request',
  },
  {
    name: 'fence-epoch-not-compared',
    bug: 'B52 two leaders',
    file: 'store/sqlite/statements.ts',
    find: "        .where('epoch', '=', at(3))\n",
    replace: "        .where('epoch', '=', sql<number>`iif(${at(3)} > 0, epoch, 0)`)\n",
  },
  {
    name: 'fence-off',
    bug: 'B52 two leaders',
    file: 'store/sqlite/statements.ts',
    find:
      "        .where('epoch', '=', at(3))\n        .where('schema_no', '=', at(4))\n" +
      "        .where('tick', '<', at(5)),",
    replace:
      "        .where('epoch', '=', sql<number>`iif(${at(3)} > 0, epoch, 0)`)\n" +
      "        .where('schema_no', '=', at(4))\n" +
      "        .where('tick', '<', sql<number>`iif(${at(5)} > 0, tick + 1, 0)`),",
  },
  {
    name: 'instance-state-not-compared',
    bug: 'B8 lost update',
    file: 'store/sqlite/statements.ts',
    find: "        .where('state', '=', at(17))\n        .where('try_no', '=', at(18)),",
    replace:
      "        .where('state', '=', sql<number>`iif(${at(17)} >= 0, state, -1)`)\n" +
      "        .where('try_no', '=', sql<number>`iif(${at(18)} >= 0, try_no, -1)`),",
  },
  {
    name: 'cursor-not-compared',
    bug: 'B8 lost update',
    file: 'store/sqlite/schedule-statements.ts',
    find: "'is not distinct from', at(6)),",
    replace: "'is not distinct from', sql`iif(${at(6)} is null, cursor_at, cursor_at)`),",
  },
  {
    name: 'slots-of-stale-memory',
    bug: 'B33 same slot',
    file: 'store/misses.ts',
    find: 'if (runs.size + requests.size + dags.size === 0)',
    replace: 'if (runs.size + requests.size === 0)',
  },
  {
    name: 'runs-of-stale-memory',
    bug: 'B8 lost update',
    file: 'store/misses.ts',
    find: 'if (runs.size + requests.size + dags.size === 0)',
    replace: 'if (requests.size + dags.size === 0)',
  },
  {
    name: 'taken-slot-tried-again',
    bug: 'B27 never again',
    file: 'scheduler/taken-slots.ts',
    find: '    if (run) taken.set(',
    replace: '    if (run && run.dagId !== dagId) taken.set(',
  },
  {
    name: 'requests-before-runs',
    bug: 'B15 run cap',
    file: 'scheduler/take-up.ts',
    find: '      loaded.push(await load(runNo));',
    replace:
      '      const { run, version } = await load(runNo);\n' +
      "      leader.request({ inboxId: null, kind: 'adopt', run }, version);",
  },
  {
    name: 'slots-not-counted-on-reread',
    bug: 'B49 slots after restart',
    file: 'scheduler/leader.ts',
    find: '        bookRun(this.#world, led.run);\n',
    replace: '        void bookRun;\n',
  },
  {
    name: 'dispatch-before-commit',
    bug: 'B2 dispatch first',
    file: 'scheduler/leader.ts',
    find: '    if (decided.actions.length > 0) {\n      const committing',
    replace:
      '    this.#carryOut(decided);\n    if (decided.actions.length > 0) {\n     ' + ' const committing',
  },
  {
    name: 'dispatch-lost',
    bug: 'B2 queue lost a task',
    file: 'scheduler/leader.ts',
    find: '    for (const { run, node } of decided.dispatch) {\n',
    replace: '    for (const { run, node } of decided.dispatch.slice(0, 3)) {\n',
  },
  {
    name: 'stop-not-carried-out',
    bug: 'B14 orphaned child',
    file: 'scheduler/leader.ts',
    find: 'for (const { run, node, reason, graceMs } of decided.stops) {',
    replace:
      'for (const { run, node, reason, graceMs } of decided.stops.filter((one) => ' +
      "one.reason === 'timeout')) {",
  },
  {
    name: 'deadline-not-carried-out',
    bug: 'B38 no timeout',
    file: 'scheduler/leader.ts',
    find: 'for (const { run, node, reason, graceMs } of decided.stops) {',
    replace:
      'for (const { run, node, reason, graceMs } of decided.stops.filter((one) => ' +
      "one.reason !== 'timeout')) {",
  },
  {
    name: 'stale-memory-kept',
    bug: 'B11 memory kept',
    file: 'scheduler/leader.ts',
    find: "if (result.why === 'stale') return this.#onStale(events, result, decided.actions);",
    replace: "if (result.why === 'stale') return;",
  },
  {
    name: 'retry-answer-is-success',
    bug: 'B56 busy is ok',
    file: 'scheduler/commit.ts',
    find: '  if (result.ok) return { tick: tick + 1, why: null, runs: [], dags: [] };',
    replace:
      "  if (result.ok || result.why === 'stale') return { tick: tick + 1, why: null, runs: [], dags: [] };",
  },
  {
    name: 'no-wait-for-busy-store',
    bug: 'B59 busy ends it',
    file: 'scheduler/commit.ts',
    find: "    !result.ok && result.why === 'retry';",
    replace:
      "    !result.ok && result.why !== 'retry' && result.why !== 'stale' &&" + " result.why !== 'fenced';",
  },
  {
    name: 'wake-never-armed',
    bug: 'B33 timer lost',
    file: 'scheduler/leader.ts',
    find: '    this.#alarm.set(decided.wakeAt, true);',
    replace: '    if (decided.actions.length === 0) this.#alarm.set(decided.wakeAt, true);',
  },
  {
    name: 'wake-late-timer-kept',
    bug: 'B33 late timer',
    file: 'scheduler/alarm.ts',
    find: 'if ((this.#timer || this.#poll) && this.#dueAtMono <= dueAtMono) return;',
    replace: 'if (this.#timer || this.#poll) return;',
  },
  {
    name: 'timer-by-wall-clock',
    bug: 'B64 local clock',
    file: 'scheduler/alarm.ts',
    find: 'const leftMs = dueAtMono - this.#clock.mono();',
    replace: 'const leftMs = dueAtMono - this.#clock.now();',
  },
  {
    name: 'events-dropped-while-busy',
    bug: 'B41 event lost',
    file: 'scheduler/leader.ts',
    find: '    this.turned.ring();\n    if (this.#events.length > 0) this.#wake();',
    replace: '    this.turned.ring();\n    if (this.#events.length > 1) this.#wake();',
  },
  {
    name: 'run-read-beside-its-commit',
    bug: 'B8 stale read, then a write',
    file: 'scheduler/request-desk.ts',
    find: '    await leader.settled();\n',
    replace: '',
  },
  {
    name: 'outcomes-forgotten-on-reread',
    bug: 'B11 outcome lost',
    file: 'scheduler/leader.ts',
    find: "        again.push({ type: 'request', request }, ...ofRun);",
    replace: "        again.push({ type: 'request', request });",
  },
  {
    name: 'live-attempts-lost-on-reread',
    bug: 'B13 healthy task killed',
    file: 'scheduler/leader.ts',
    find: 'const live = new Set([...dispatcher.live, ...endedIn(outcomes)]);',
    replace: 'const live = new Set(endedIn(outcomes));',
  },
  {
    name: 'dags-not-told-again',
    bug: 'B45 schedule in memory',
    file: 'scheduler/leader.ts',
    find: '    this.#generation++;\n    this.onForgotten();',
    replace: '    this.#generation++;',
  },
  {
    name: 'pause-forgotten-by-new-leader',
    bug: 'B54 old state',
    file: 'scheduler/leader.ts',
    find: '    for (const dagId of paused) this.#world.dagLoad(dagId).paused = true;',
    replace: '    void paused;',
  },
  {
    name: 'ended-run-led-on',
    bug: 'B54 finished work again',
    file: 'planner/plan.ts',
    find: '      world.drop(run);\n',
    replace: '',
  },
  {
    name: 'second-fault-forgets-runs',
    bug: 'S12 memory lost on the way',
    file: 'scheduler/leader.ts',
    find: '    const arrived = this.#events.splice(0);\n',
    replace: '    const arrived = this.#events.splice(0);\n    this.#owed.clear();\n',
  },
  {
    name: 'stale-tick-forgets-ended-runs',
    bug: 'S12 memory lost on the way',
    file: 'planner/world.ts',
    find: 'return [...this.runs.keys(), ...this.left];',
    replace: 'return [...this.runs.keys()];',
  },
];
