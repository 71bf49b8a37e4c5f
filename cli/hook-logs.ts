import { type LogWindow, readAttemptLog } from '../core/log/read-attempt-log.ts';
import { hookAttemptId, type RunNo } from '../core/model/ids.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { CommandContext } from './context.ts';
import { hookName } from './render/hook-lines.ts';
import { logLineText } from './render/log-line-text.ts';
import { instantText } from './render/time-text.ts';

const PAGE = 2_000;

/** Prints what the hooks of a run wrote in their last tries, of one task or of all; gives how many lines. */
export async function printHookLogs(
  context: CommandContext,
  project: Project,
  runNo: RunNo,
  task: string | null,
  how: { readonly window: LogWindow; readonly time: boolean },
): Promise<number> {
  let lines = 0;
  for (const job of await project.store.hooks(runNo)) {
    const { log: range, event } = job;
    if (range === null || (task !== null && event.task !== task)) continue;
    const source = { stateDir: project.stateDir, runNo, attemptId: hookAttemptId(job), range };
    for (let fromByte = 0, atEnd = false; !atEnd; ) {
      await context.host.stdout.drained();
      if (context.host.stdout.closed) return lines;
      const page = await readAttemptLog(source, { ...how.window, fromByte, limit: PAGE });
      for (const line of page.lines) {
        const { at, stream, text } = line;
        const { task: taskId, key, hook } = event;
        const about = { taskId, key, hook, attempt: job.tries, at: instantText(at), stream, text };
        if (context.flags.json) context.json({ v: 1, type: 'log.line', ...about }, 'event');
        else context.print(logLineText(line, { name: hookName(job), time: how.time }, context.style));
      }
      lines += page.lines.length;
      atEnd = page.atEnd;
      fromByte = page.nextByte;
    }
  }
  return lines;
}
