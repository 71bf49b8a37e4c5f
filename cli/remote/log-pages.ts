import type { LogPage } from '../../client/generated/api.ts';
import type { LogLine } from '../../core/log/log-line.ts';
import type { InstanceView } from '../../core/store/run-view.ts';
import { unreadable } from './ask-server.ts';
import { idOf, type ServerDesk } from './server-desk.ts';

const PAGE = 2_000;

/** Which lines of logs are asked for. */
export interface LogQuery {
  readonly regex?: string;
  readonly stream?: readonly LogPage['lines'][number]['stream'][];
}

/** A page of the log of an attempt, from a place on that an earlier page gave. */
export async function logPage(
  { server }: ServerDesk,
  instance: InstanceView,
  tryNo: number,
  from: number,
  { regex, stream }: LogQuery = {},
): Promise<{ readonly lines: readonly LogLine[] } & Pick<LogPage, 'next' | 'atEnd'>> {
  const page = await server.call('readAttemptLog', {
    params: { attemptId: `${idOf(instance)}.${tryNo}` },
    query: { from, limit: PAGE, regex, stream },
  });
  requireProgress(server.url, from, page);
  return { ...page, lines: page.lines.map((line) => ({ ...line, at: Date.parse(line.at) })) };
}

/** The last lines of the log of the newest attempt of an instance. */
export async function lastLinesThere(
  desk: ServerDesk,
  instance: InstanceView,
  count: number,
): Promise<readonly string[]> {
  let last: string[] = [];
  for (let from = 0, atEnd = instance.attempts === 0; !atEnd; ) {
    const page = await logPage(desk, instance, instance.attempts, from);
    last = [...last, ...page.lines.map(({ text }) => text)].slice(-count);
    ({ next: from, atEnd } = page);
  }
  return last;
}

/**
 * Pages of a log lead to its end.
 * @throws AppError `unavailable` if one goes on where it began
 */
export function requireProgress(
  url: string,
  from: number,
  { next, atEnd }: Pick<LogPage, 'next' | 'atEnd'>,
): void {
  if (!atEnd && next <= from) throw unreadable(url, null, 'a page of a log goes on where it began');
}
