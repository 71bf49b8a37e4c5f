import type { CommandContext } from '../context.ts';
import { failureText } from './failure-text.ts';
import { heartbeatLine, logTailLines, plainLines } from './plain-lines.ts';
import { justFailed, type Presenter } from './presenter.ts';
import { summaryLines } from './run-summary.ts';
import { RunTracker } from './run-tracker.ts';
import { startText } from './start-line.ts';
import { clockText } from './time-text.ts';

const HEARTBEAT_MS = 30_000;
/** How wide tables may be where nobody knows the width. */
const PIPE_COLUMNS = 120;

export interface PlainPresenterOptions {
  /** Changes before this instant are history: known, not told. */
  readonly sinceAt: number;
  /** Ends the silence of workflow commands around logs in GitHub Actions; `null` elsewhere. */
  readonly githubToken: string | null;
}

/** Tells a run in lines that are only ever appended: for pipes, files and CI. */
export function plainPresenter(context: CommandContext, options: PlainPresenterOptions): Presenter {
  const { style, host, flags } = context;
  const { githubToken } = options;
  let tracker: RunTracker | null = null;
  let toldAt = host.clock.now();
  const print = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    toldAt = host.clock.now();
    host.stdout.write(`${lines.join('\n')}\n`);
  };
  return {
    wantsLogs: true,
    start: (view, how) => {
      tracker = new RunTracker(view);
      const now = host.clock.now();
      const { run } = view;
      const at = how === 'triggered' || how === 'watched' ? (run.startedAt ?? now) : now;
      const line = `${style.dim(clockText(at))} run   ${run.dagId} ${run.uid} ${startText(view, how, now)}`;
      if (!flags.quiet || how === 'resumed') print([line]);
    },
    update: (update, tail) => {
      tracker?.apply(update);
      const isHistory = update.type === 'change' && update.record.at < options.sinceAt;
      if (tracker === null || flags.quiet || isHistory) return;
      print(plainLines(tracker, update, { style, verbose: flags.verbose }));
      const failed = justFailed(update);
      if (failed === null) return;
      const lines = logTailLines(failed, tail, style);
      const at = { name: failed.name, file: tracker.view.version.file };
      print(githubToken === null ? lines : githubLines(at, failureText(failed), tail, githubToken));
    },
    refresh: (view) => {
      if (tracker !== null) tracker.view = view;
    },
    tick: () => {
      const now = host.clock.now();
      if (tracker !== null && !flags.quiet && now - toldAt >= HEARTBEAT_MS)
        print([heartbeatLine(tracker, now, style)]);
    },
    notice: (text) => print([text]),
    end: (view, metrics) =>
      print(summaryLines(view, metrics, { columns: PIPE_COLUMNS, isTerminal: false }, style)),
    leave: () => {},
  };
}

/**
 * The log in a fold, its lines unable to give commands to the workflow, and an annotation of the DAG file
 * with the error.
 */
export function githubLines(
  { name, file }: { readonly name: string; readonly file: string },
  failure: string,
  tail: readonly string[],
  token: string,
): string[] {
  const fold =
    tail.length === 0
      ? []
      : [`::group::log of ${name}`, `::stop-commands::${token}`, ...tail, `::${token}::`, '::endgroup::'];
  return [
    ...fold,
    `::error file=${escaped(file, true)},title=${escaped(name, true)}::${escaped(failure, false)}`,
  ];
}

function escaped(text: string, isProperty: boolean): string {
  const data = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return isProperty ? data.replaceAll(':', '%3A').replaceAll(',', '%2C') : data;
}
