import { randomUUID } from 'node:crypto';
import type { CommandContext } from './context.ts';
import { eventPresenter } from './render/event-presenter.ts';
import { plainPresenter } from './render/plain-presenter.ts';
import type { Presenter } from './render/presenter.ts';

/** Whether lines on this stream may be redrawn. */
export function mayRedraw(context: CommandContext): boolean {
  const { env, stdout } = context.host;
  return stdout.isTTY && (env.CI ?? '') === '' && env.TERM !== 'dumb' && !context.flags.quiet;
}

export interface PresenterOptions {
  /** Earlier changes are history: known, not told. */
  readonly sinceAt: number;
  /** What the last row says of Ctrl-C. */
  readonly note: string;
}

/** The way to tell a run that fits the flags and the stream. */
export async function choosePresenter(
  context: CommandContext,
  options: PresenterOptions,
): Promise<Presenter> {
  if (context.flags.json) return eventPresenter(context, options.sinceAt);
  if (mayRedraw(context)) {
    const [{ createLogUpdate }, { livePresenter }] = await Promise.all([
      import('log-update'),
      import('./render/live-presenter.ts'),
    ]);
    return livePresenter(context, createLogUpdate(context.host.stdout.stream), options);
  }
  const githubToken = context.host.env.GITHUB_ACTIONS === 'true' ? randomUUID() : null;
  return plainPresenter(context, { sinceAt: options.sinceAt, githubToken });
}
