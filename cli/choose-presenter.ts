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

/** The way to tell a run that fits the flags and the stream. `sinceAt`: earlier changes are history. */
export async function choosePresenter(context: CommandContext, sinceAt: number): Promise<Presenter> {
  if (context.flags.json) return eventPresenter(context, sinceAt);
  if (mayRedraw(context)) {
    const [{ createLogUpdate }, { livePresenter }] = await Promise.all([import('log-update'), import('./render/live-presenter.ts')]);
    return livePresenter(context, createLogUpdate(context.host.stdout.stream), sinceAt);
  }
  const githubToken = context.host.env.GITHUB_ACTIONS === 'true' ? randomUUID() : null;
  return plainPresenter(context, { sinceAt, githubToken });
}
