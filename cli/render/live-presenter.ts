import type { createLogUpdate } from 'log-update';
import type { CommandContext } from '../context.ts';
import { liveBlock } from './live-block.ts';
import { justFailed, type Presenter } from './presenter.ts';
import { shortRunId, shellWord } from './run-name.ts';
import { type RunTracker, trackRun } from './run-tracker.ts';
import { scrollLines } from './scroll-lines.ts';
import { summaryLines } from './run-summary.ts';
import { resumedText, runLine } from './start-line.ts';
import { cutTo, tamed } from './text-width.ts';

const REDRAW_MS = 100;
const TAIL_LINES = 10;

/** Tells a run in a terminal: finished lines scroll away as ordinary text, a small block below is redrawn. */
export function livePresenter(context: CommandContext, draw: ReturnType<typeof createLogUpdate>, sinceAt: number): Presenter {
  const { style, host } = context;
  let tracker: RunTracker | null = null;
  let startedAt = host.clock.now();
  let note = 'Ctrl-C cancels';
  let drawnAt = Number.NEGATIVE_INFINITY;
  let pending: string[] = [];
  const redraw = (): void => {
    if (pending.length > 0) draw.persist(pending.join('\n'));
    pending = [];
    drawnAt = host.clock.mono();
    if (tracker === null) return;
    const size = { columns: host.stdout.columns, rows: host.stdout.rows };
    draw(liveBlock(tracker, host.clock.now(), size, { startedAt, note }, style).join('\n'));
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
    start: (view, resumed) => {
      tracker = trackRun(view);
      startedAt = view.run.startedAt ?? host.clock.now();
      if (resumed) pending.push(style.warn(resumedText(view, host.clock.now())));
      pending.push(`${style.busy('▸')} ${style.bold(cutTo(runLine(view), host.stdout.columns - 2))}`);
    },
    update: (update, tail) => {
      if (tracker === null) return;
      tracker.apply(update);
      if (update.type === 'change' && update.record.at < sinceAt) return;
      pending.push(...scrollLines(tracker, update, host.stdout.columns, style));
      const failed = justFailed(update);
      if (failed !== null && tail.length > 0) {
        const lines = tail.slice(-TAIL_LINES).map((line) => cutTo(tamed(line), host.stdout.columns - 8));
        const logs = `orch logs ${shortRunId(tracker.view.run.uid)} ${shellWord(failed.name)}`;
        pending.push(`    ${style.bad(`${failed.name} failed`)}${style.dim(`; its log: ${logs}`)}`, ...lines.map((line) => style.dim(`    │ ${line}`)));
      }
      if (host.clock.mono() - drawnAt >= REDRAW_MS) redraw();
    },
    refresh: (view) => tracker?.refresh(view),
    tick: () => {
      if (tracker !== null) redraw();
    },
    notice: (text) => {
      note = text;
      redraw();
    },
    end: (view, metrics) => close(summaryLines(view, metrics, host.stdout.columns, style)),
    leave: () => close([]),
  };
}
