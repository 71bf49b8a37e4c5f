import type { LogLine } from '../core/log/log-line.ts';
import { type LogWindow, readAttemptLog } from '../core/log/read-attempt-log.ts';
import { hookAttemptId, type RunNo } from '../core/model/ids.ts';
import type { Project } from '../core/scheduler/project.ts';
import type { CommandContext } from './context.ts';
import { hookName, type NamedHook } from './render/hook-lines.ts';
import { logLineText } from './render/log-line-text.ts';
import { instantText } from './render/time-text.ts';

const PAGE = 2_000;

/** Prints one line of a hook. */
export function printHookLine(
  context: CommandContext,
  { time }: { readonly time?: boolean },
  { task, key, hook, tries }: NamedHook & { readonly tries: number },
  line: LogLine,
): void {
  const { at, stream, text } = line;
  const about = { taskId: task, key, hook, attempt: tries, at: instantText(at), stream, text };
  if (context.flags.json) context.json({ v: 1, type: 'log.line', ...about }, 'event');
  else
    context.print(
      logLineText(line, { name: hookName({ task, key, hook }), time: time === true }, context.style),
    );
}

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
      for (const line of page.lines) printHookLine(context, how, { ...event, tries: job.tries }, line);
      lines += page.lines.length;
      atEnd = page.atEnd;
      fromByte = page.nextByte;
    }
  }
  return lines;
}
