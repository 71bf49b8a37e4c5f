import type { RunNo } from '../core/model/ids.ts';
import type { RunRecord } from '../core/model/run.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { RunUpdate, Session } from '../core/scheduler/session.ts';
import { readRunView } from '../core/store/read-run-view.ts';
import type { InstanceView, RunView } from '../core/store/run-view.ts';
import type { MetricRecord } from '../core/store/store.ts';
import { lastLogLines } from './last-log-lines.ts';
import { pauseText } from './pause-text.ts';

/** What following a run takes: from the project on this machine, or from a server. */
export interface FollowDesk {
  /** Whether this process decides about the run: an interrupt is meant for the run then. */
  readonly leading: boolean;
  view(): Promise<RunView>;
  metrics(): Promise<readonly MetricRecord[]>;
  /** Why the run waits for somebody to end a pause; `null` if it does not. */
  pauseText(run: RunRecord): Promise<string | null>;
  /** The last lines of the log of an instance. */
  tail(instance: InstanceView, count: number): Promise<readonly string[]>;
  watch(signal: AbortSignal): AsyncIterable<RunUpdate>;
  /** Has a run stopped. */
  stop(how: 'cancel' | 'kill', runUid: string, by: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Follows a run of the project on this machine. */
export function followHere(project: Project, session: Session, runNo: RunNo): FollowDesk {
  const { store } = project;
  return {
    get leading() {
      return session.leading;
    },
    view: async () => {
      const view = await readRunView(store, runNo);
      if (view === null) throw new Error(`run ${runNo} vanished`);
      return view;
    },
    metrics: () => store.metrics(runNo),
    pauseText: (run) => pauseText(store, run),
    tail: (instance, count) => lastLogLines(project, runNo, instance, count),
    watch: (signal) => session.watch(runNo, signal),
    stop: (type, runUid, by) => session.ask({ type, runUid, by }),
    close: () => session.close(),
  };
}
