import type { CacheAsk } from '../model/cache.ts';
import type { NodeNo } from '../model/ids.ts';
import type {
  CheckpointRecord,
  ExpansionRecord,
  InstanceRecord,
  RunRecord,
  WaitRecord,
} from '../model/run.ts';
import type { RunTold } from './hooks.ts';
import type { VersionRecord } from './store.ts';

/** Everything of one unfinished run that a leader needs in memory. */
export interface RunSnapshot {
  readonly run: RunRecord;
  readonly version: VersionRecord;
  readonly expansions: readonly ExpansionRecord[];
  readonly instances: readonly InstanceRecord[];
  readonly waits: ReadonlyMap<NodeNo, WaitRecord>;
  readonly checkpoints: ReadonlyMap<NodeNo, CheckpointRecord>;
  readonly asks: ReadonlyMap<NodeNo, CacheAsk>;
  readonly told: RunTold;
}
