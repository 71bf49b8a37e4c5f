import { didYouMean } from '../core/model/did-you-mean.ts';
import { AppError } from '../core/model/errors.ts';
import type { RunRecord } from '../core/model/run.ts';
import type { Store } from '../core/store/store.ts';
import { instantText } from './render/time-text.ts';

/** Letters of a run id that must be given at least. */
const PREFIX_MIN = 4;

/** What runs are found in: a store, or a server. */
export type RunFinder = Pick<Store, 'runs' | 'runsByUid'> & {
  dags(): Promise<readonly { readonly dagId: string }[]>;
};

/** What names the newest run of a DAG, before the DAG. */
const LAST_OF = 'last:';
/** What a run id consists of. */
const UID_PART = /^[0-9a-f-]+$/;

/** Whether a word may name a run for {@link findRun}: a DAG may have such a name too. */
export function couldBeRun(word: string): boolean {
  if (word === 'last' || word.startsWith(LAST_OF)) return true;
  return word.length >= PREFIX_MIN && UID_PART.test(word.toLowerCase());
}

/** What {@link findRun} takes, for the help of commands. */
export const RUN_ARGUMENT = "a run id, its last part or its beginning, 'last' or 'last:<dag>'";

/**
 * The run that the user names: an id, an unambiguous beginning of one or of the last part of one, `last`, or
 * `last:<dag>`, the newest run of that DAG. Absent means `last`.
 */
export async function findRun(store: RunFinder, name: string | undefined): Promise<RunRecord> {
  if (name === undefined || name === 'last') {
    const [latest] = await store.runs({ limit: 1 });
    if (latest === undefined)
      throw new AppError('not_found', "There are no runs yet. Start one: 'orch trigger <dag>'.");
    return latest;
  }
  if (name.startsWith(LAST_OF)) return lastOf(store, name.slice(LAST_OF.length));
  const id = name.toLowerCase();
  if (!UID_PART.test(id))
    throw new AppError(
      'usage',
      `'${name}' is no run id. 'orch runs' lists runs; 'last' is the latest, 'last:<dag>' that of a DAG.`,
    );
  if (id.length < PREFIX_MIN)
    throw new AppError('usage', `Give at least ${PREFIX_MIN} characters of a run id.`);
  const found = await store.runsByUid(id);
  const [only] = found;
  if (only === undefined)
    throw new AppError('not_found', `There is no run '${name}'. 'orch runs' lists them.`);
  if (found.length === 1) return only;
  const list = found
    .map((run) => `  ${run.uid}  ${run.dagId}  ${run.state}  ${instantText(run.createdAt)}`)
    .join('\n');
  throw new AppError('usage', `'${name}' stands for several runs; give more of an id:\n${list}`);
}

async function lastOf(store: RunFinder, dagId: string): Promise<RunRecord> {
  const [latest] = await store.runs({ dagId, limit: 1 });
  if (latest !== undefined) return latest;
  const hint = didYouMean(
    dagId,
    (await store.dags()).map((dag) => dag.dagId),
  );
  const advice = hint === undefined ? `. Start one: 'orch trigger ${dagId}'.` : `: ${hint}`;
  throw new AppError('not_found', `There is no run of a DAG '${dagId}'${advice}`);
}
