import { readAttemptLog } from '../core/log/read-attempt-log.ts';
import { attemptId, type RunNo } from '../core/model/ids.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { InstanceView } from '../core/store/run-view.ts';

/** Bytes of the end of a log that are looked at for its last lines. */
const TAIL_BYTES = 64 * 1024;

/** The last lines of the log of an instance's newest attempt; none if it has no log. */
export async function lastLogLines(
  project: Project,
  runNo: RunNo,
  instance: InstanceView,
  count: number,
): Promise<readonly string[]> {
  const { log, nodeNo, attempts } = instance;
  if (log === null) return [];
  const fromByte = Math.max(0, (log.length ?? 0) - TAIL_BYTES);
  const source = {
    stateDir: project.stateDir,
    runNo,
    attemptId: attemptId(runNo, nodeNo, attempts),
    range: log,
  };
  const { lines } = await readAttemptLog(source, { fromByte, limit: 10_000 });
  const whole = fromByte === 0 ? lines : lines.slice(1);
  return whole.slice(-count).map(({ text }) => text);
}
