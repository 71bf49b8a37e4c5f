import type { createLogUpdate } from 'log-update';
import type { CommandContext } from '../context.ts';
import { FailureTails } from './failure-tails.ts';
import { liveBlock } from './live-block.ts';
import { justFailed, type Presenter } from './presenter.ts';
import { shortRunId } from './run-name.ts';
import { summaryLines } from './run-summary.ts';
import { RunTracker } from './run-tracker.ts';
import { scrollLines } from './scroll-lines.ts';
import { startText } from './start-line.ts';
import { cutTo, unsteered } from './text-width.ts';

const REDRAW_MS = 100;
/** Drawing may take one part in so many of the time: the run itself comes first. */
const DRAWING_SHARE = 20;

export interface LiveOptions {
  /** Changes before this instant are history: known, not told. */
  readonly sinceAt: number;
  /** What the last row says of Ctrl-C. */
  readonly note: string;
}

type Draw = ReturnType<typeof createLogUpdate>;

/** Tells a run in a terminal: finished lines scroll away as ordinary text, a small block below is redrawn. */
export function livePresenter(context: CommandContext, draw: Draw, options: LiveOptions): Presenter {
  const { style, host } = context;
  const tails = new FailureTails();
  let tracker: RunTracker | null = null;
  let { note } = options;
  let startedAt = host.clock.now();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let gapMs = REDRAW_MS;
  let pending: string[] = [];
  const redraw = (): void => {
    if (pending.length > 0) draw.persist(unsteered(pending.join('\n')));
    pending = [];
    const begunAt = host.clock.mono();
    drawnAt = begunAt;
    if (tracker === null) return;
    const { columns, rows } = host.stdout;
    const block = liveBlock(tracker, host.clock.now(), { columns, rows }, { startedAt, note }, style);
    draw(unsteered(block.join('\n')));
    drawnAt = host.clock.mono();
    gapMs = Math.max(REDRAW_MS, (drawnAt - begunAt) * DRAWING_SHARE);
  };
  const close = (lines: readonly string[]): void => {
    draw.clear();
    draw.done();
    const all = [...pending, ...lines];
    pending = [];
    tracker = null;
    if (all.length > 0) host.stdout.write(`${all.join('\n')}\n`);
  };
  return {
    wantsLogs: true,
    start: (view, how) => {
      tracker = new RunTracker(view);
      const now = host.clock.now();
      startedAt = how === 'triggered' || how === 'watched' ? (view.run.startedAt ?? now) : now;
      const line = `${view.run.dagId} run ${shortRunId(view.run.uid)}  ${startText(view, how, now)}`;
      pending.push(`${style.busy('▸')} ${style.bold(cutTo(line, host.stdout.columns - 2))}`);
    },
    update: (update, tail) => {
      if (tracker === null) return;
      tracker.apply(update);
      if (update.type === 'change' && update.record.at < options.sinceAt) return;
      const failed = justFailed(update);
      if (failed !== null) tails.hold(failed.name, tail);
      const lines = scrollLines(tracker, update, host.stdout.columns, style);
      pending.push(...lines);
      if (lines.length > 0) pending.push(...tails.shown(tracker, host.stdout.columns, style));
      if (host.clock.mono() - drawnAt >= gapMs) redraw();
    },
    refresh: (view) => {
      if (tracker !== null) tracker.view = view;
    },
    tick: () => {
      if (tracker !== null && host.clock.mono() - drawnAt >= gapMs) redraw();
    },
    notice: (text) => {
      note = text;
      redraw();
    },
    end: (view, metrics) =>
      close(summaryLines(view, metrics, { columns: host.stdout.columns, isTerminal: true }, style)),
    leave: () => close([]),
  };
}
