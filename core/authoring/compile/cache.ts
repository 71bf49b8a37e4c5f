import type { TaskSpec } from '../../model/dag.ts';
import type { AuthorTask } from '../author-form.ts';
import type { AuthorPath } from '../place.ts';
import { readDuration } from './inherit.ts';
import type { Problems } from './problems.ts';
import { nameOf, type TaskEntry } from './tree.ts';

/** What speaks against taking a task from the cache: it would not have been done. */
const REFUSED = {
  sensor: 'a sensor looks whether something is there now',
  loop: 'what an iteration of a loop finds is not part of what the cache compares',
  produces: 'a success from the cache would change no asset',
  teardown: 'a teardown has to clean up each time',
} as const satisfies { readonly [Key in keyof AuthorTask]?: string };

/** Whether an earlier success stands for a task, and how long; `undefined` if none does. */
export function readCache(entry: TaskEntry, at: AuthorPath, problems: Problems): TaskSpec['cache'] {
  const { cache } = entry.author;
  if (cache === undefined || cache === false) return undefined;
  const place = [...at, 'cache'];
  for (const key of Object.keys(REFUSED) as (keyof typeof REFUSED)[]) {
    const value = entry.author[key];
    if (value === undefined || value === false) continue;
    const message = `${nameOf(entry)} has both 'cache' and '${key}': ${REFUSED[key]}`;
    problems.error('not-cacheable', message, place, { at: 'key', hint: "leave 'cache' out" });
  }
  if (cache === true) return true;
  const ttlMs = readDuration(cache.ttl, 1, `'ttl' of ${nameOf(entry)}`, [...place, 'ttl'], problems);
  return ttlMs === undefined ? undefined : { ttlMs };
}

/** A setup that is taken from the cache would have set nothing up. */
export function checkSetupCache(
  setup: TaskEntry,
  teardown: string,
  at: AuthorPath,
  problems: Problems,
): void {
  if (setup.author.cache === undefined || setup.author.cache === false) return;
  const message = `${nameOf(setup)} has 'cache', but is a setup of '${teardown}': it would set nothing up`;
  problems.error('not-cacheable', message, [...at, 'cache'], { at: 'key', hint: "leave 'cache' out" });
}
