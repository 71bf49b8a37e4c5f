import type { Facts } from '../model/because.ts';
import { type DurationHistory, forecast } from './forecast.ts';
import { fireDagHook } from './hooks.ts';
import { openDeadlineAt } from './run-timer.ts';
import type { RunWorld } from './run-world.ts';
import type { Turn } from './turn.ts';
import type { World } from './world.ts';

/** A forecast is made again after this share of the time until the deadline, but not more often than that. */
const AGAIN_SHARE = 0.02;
const AGAIN_LEAST_MS = 1_000;

/** Tells of the deadlines that have passed, and of those that are likely to be missed; each once. */
export function watchDeadlines(turn: Turn): void {
  for (const run of turn.world.timed.values()) {
    const dueAt = openDeadlineAt(run);
    if (dueAt === null) continue;
    if (turn.now.at >= dueAt) passDeadline(turn, run, dueAt);
    else if (turn.now.at >= run.forecastAt) foretell(turn, run, dueAt);
  }
}

/** The times of the tasks of a DAG are known from now on: its runs are looked at with them. */
export function takeHistory(world: World, dagId: string, history: DurationHistory): void {
  world.histories.set(dagId, history);
  for (const run of world.dagLoad(dagId).inMemory.values()) {
    run.forecastAt = 0;
    world.setTimer(run);
  }
}

function passDeadline(turn: Turn, run: RunWorld, dueAt: number): void {
  const ahead = forecast(run, turn.world.histories.get(run.record.dagId) ?? new Map(), turn.now.at);
  const open = openTasks(run);
  const facts = { deadline: iso(dueAt), open: open.length, task: ahead?.task ?? open[0] ?? 'none' };
  fireDagHook(turn, run, 'onDeadline', run.record.state, 'deadline_passed', facts);
  run.told.add('passed');
  turn.actions.push({
    type: 'deadline',
    runNo: run.record.runNo,
    stage: 'passed',
    at: turn.now.at,
    code: 'deadline_passed',
    facts,
  });
}

function foretell(turn: Turn, run: RunWorld, dueAt: number): void {
  const { now, world } = turn;
  const history = world.histories.get(run.record.dagId);
  const ahead = history === undefined || run.told.has('foretold') ? null : forecast(run, history, now.at);
  const isWatched = history !== undefined && !run.told.has('foretold');
  run.forecastAt = isWatched
    ? now.at + Math.max(AGAIN_LEAST_MS, (dueAt - now.at) * AGAIN_SHARE)
    : Number.POSITIVE_INFINITY;
  if (ahead === null || ahead.p95At <= dueAt) return;
  const { p50At, p95At, task } = ahead;
  const facts: Facts = { deadline: iso(dueAt), p50: iso(p50At), p95: iso(p95At), task };
  run.told.add('foretold');
  run.forecastAt = Number.POSITIVE_INFINITY;
  turn.actions.push({
    type: 'deadline',
    runNo: run.record.runNo,
    stage: 'foretold',
    at: now.at,
    code: 'deadline_at_risk',
    facts,
  });
}

/** A run that had ended is done again: nobody is told of its deadline any more. */
export function closeDeadline(turn: Turn, run: RunWorld): void {
  const isOpen = !run.told.has('passed') && !run.told.has('over');
  if (run.graph.spec.deadlineMs === undefined || !isOpen) return;
  run.told.add('over');
  const { runNo } = run.record;
  turn.actions.push({ type: 'deadline', runNo, stage: 'over', at: turn.now.at, code: null, facts: null });
}

function openTasks(run: RunWorld): string[] {
  const names: string[] = [];
  for (const { node, template, block } of run.existing()) {
    if (run.isTask(template) && run.isSelected(template, block) && run.isOpen(node))
      names.push(run.nameOf(node));
  }
  return names;
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
