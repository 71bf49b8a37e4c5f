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
    name: 'instance-state-not-compared',
    bug: 'B8 lost update',
    file: 'store/sqlite/statements.ts',
    find: "        .where('state', '=', at(17))\n        .where('try_no', '=', at(18)),",
    replace:
      "        .where('state', '>', at(17) && sql.lit(-1))\n        .where('try_no'," + " '>', sql.lit(-1)),",
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
    find: '      executor.stop(id, reason, graceMs);\n    }\n  }\n\n  #handOver',
    replace:
      "      if (reason === 'timeout') executor.stop(id, reason, graceMs);\n    }\n " + ' }\n\n  #handOver',
  },
  {
    name: 'deadline-not-carried-out',
    bug: 'B38 no timeout',
    file: 'scheduler/leader.ts',
    find: '      executor.stop(id, reason, graceMs);\n    }\n  }\n\n  #handOver',
    replace:
      "      if (reason !== 'timeout') executor.stop(id, reason, graceMs);\n    }\n " + ' }\n\n  #handOver',
  },
  {
    name: 'stale-memory-kept',
    bug: 'B11 memory kept',
    file: 'scheduler/leader.ts',
    find: "if (result.why === 'stale') return this.#onStale(events, result);",
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
    find: '    this.#sleepUntil(decided.wakeAt);',
    replace: '    if (decided.actions.length === 0) this.#sleepUntil(decided.wakeAt);',
  },
  {
    name: 'wake-late-timer-kept',
    bug: 'B33 late timer',
    file: 'scheduler/leader.ts',
    find: 'if (this.#timer && this.#timerAtMono <= wakeAtMono) return;',
    replace: 'if (this.#timer) return;',
  },
  {
    name: 'timer-by-wall-clock',
    bug: 'B64 local clock',
    file: 'scheduler/leader.ts',
    find: 'const ms = Math.ceil(wakeAtMono - this.#options.clock.mono());',
    replace: 'const ms = Math.ceil(wakeAtMono - this.#options.clock.now());',
  },
  {
    name: 'events-dropped-while-busy',
    bug: 'B41 event lost',
    file: 'scheduler/leader.ts',
    find: '    if (this.#events.length > 0) this.#wake();\n    else',
    replace: '    if (this.#events.length > 1) this.#wake();\n    else',
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
];
