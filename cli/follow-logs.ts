import { followAttemptLog } from '../core/log/follow-attempt-log.ts';
import type { LogLine } from '../core/log/log-line.ts';
import type { RunNo, TryNo } from '../core/model/ids.ts';
import { attemptId } from '../core/model/ids.ts';
import { isRunFinished } from '../core/model/states.ts';
import type { Project } from '../core/scheduler/project.ts';
import { readRunView } from '../core/store/read-run-view.ts';
import type { InstanceView } from '../core/store/run-view.ts';
import { findInstances } from './find-instances.ts';

const LOOK_EVERY_MS = 300;

/** Tells the lines of a run, or of some of its tasks, as they are written, until the run is finished. */
export async function followLogs(
  project: Project,
  runNo: RunNo,
  task: string | null,
  onLine: (instance: InstanceView, line: LogLine, tryNo: TryNo) => void,
): Promise<void> {
  const stop = new AbortController();
  const ranges = new Map<string, InstanceView['log']>();
  const following: Promise<void>[] = [];
  for (;;) {
    const view = await readRunView(project.store, runNo);
    if (view === null) break;
    for (const instance of task === null ? view.tasks : findInstances(view, task)) {
      const id = attemptId(runNo, instance.nodeNo, instance.attempts);
      if (instance.log === null) continue;
      const isNew = !ranges.has(id);
      ranges.set(id, instance.log);
      if (!isNew) continue;
      const source = { stateDir: project.stateDir, runNo, attemptId: id };
      following.push(
        followOne(
          followAttemptLog(source, { range: () => ranges.get(id) ?? null, signal: stop.signal }),
          (line) => onLine(instance, line, instance.attempts),
        ),
      );
    }
    if (isRunFinished(view.run.state)) break;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  await Promise.all(following);
}

async function followOne(lines: AsyncIterable<LogLine>, onLine: (line: LogLine) => void): Promise<void> {
  for await (const line of lines) onLine(line);
}
