import type { RunNo } from '../model/ids.ts';
import type { Store } from '../store/store.ts';
import type { Leader } from './leader.ts';
import type { LedRun } from './leader-options.ts';

interface Sources {
  readonly store: Pick<Store, 'unfinishedRuns'>;
  readonly load: (runNo: RunNo) => Promise<LedRun>;
  /** A run cannot be read; throws if that keeps the others from being read as well. */
  readonly onFault: (runNo: RunNo, error: unknown) => void;
  /** Resolves once what runs attempts is up. */
  readonly ready: () => Promise<void> | undefined;
}

/**
 * Gives a leader every run that is not finished, all for one turn: no run starts beside others that are not
 * in memory yet, and no cap is exceeded. Resolves when their orders are on their way: whatever its process
 * does next would keep the first runner waiting.
 */
export async function takeUpRuns(leader: Leader, { store, load, onFault, ready }: Sources): Promise<void> {
  const loaded: LedRun[] = [];
  for (const { runNo } of await store.unfinishedRuns()) {
    try {
      loaded.push(await load(runNo));
    } catch (error) {
      onFault(runNo, error);
    }
  }
  for (const { run, version } of loaded) leader.request({ inboxId: null, kind: 'adopt', run }, version);
  if (loaded.length > 0) await ready();
}
