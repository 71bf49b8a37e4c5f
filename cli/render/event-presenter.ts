import type { CommandContext } from '../context.ts';
import type { Presenter } from './presenter.ts';
import { createRunEvents, type RunEvent } from './run-events.ts';
import { jsonLine } from './text-width.ts';

/** Tells a run as NDJSON on stdout; sentences go to stderr. */
export function eventPresenter(context: CommandContext, sinceAt: number): Presenter {
  const events = createRunEvents(sinceAt);
  const write = (list: readonly RunEvent[]): void => {
    if (list.length > 0) context.host.stdout.write(list.map((event) => `${jsonLine(event)}\n`).join(''));
  };
  return {
    wantsLogs: false,
    start: (view, how) => write(events.start(view, how === 'resumed')),
    update: (update) => write(events.update(update)),
    refresh: () => {},
    tick: () => {},
    notice: (text) => context.say(text),
    end: (view) => write(events.end(view)),
    leave: () => {},
  };
}
