import { initial } from './0001-initial.ts';
import { schedules } from './0002-schedules.ts';
import { backfills } from './0003-backfills.ts';
import { waits } from './0004-waits.ts';
import { assets } from './0005-assets.ts';
import { hooks } from './0006-hooks.ts';
import { cacheAndPins } from './0007-cache-and-pins.ts';
import { progress } from './0008-progress.ts';
import { iterations } from './0009-iterations.ts';
import { decidedVersion } from './0010-decided-version.ts';
import { accounts } from './0011-accounts.ts';
import { variables } from './0012-variables.ts';
import { alerts } from './0013-alerts.ts';
import { tasks } from './0014-tasks.ts';
import { operations } from './0015-operations.ts';
import { backfillParams } from './0016-backfill-params.ts';
import { outsideIdentities } from './0017-outside-identities.ts';
import { keptReplyHolders } from './0018-kept-reply-holders.ts';
import { scheduleMakers } from './0019-schedule-makers.ts';
import { runLists } from './0020-run-lists.ts';
import { queueLists } from './0021-queue-lists.ts';
import { filteredLists } from './0022-filtered-lists.ts';
import { boundedReads } from './0023-bounded-reads.ts';
import type { Migration } from './migration.ts';

/** Every migration in order. */
export const MIGRATIONS: readonly Migration[] = [
  initial,
  schedules,
  backfills,
  waits,
  assets,
  hooks,
  cacheAndPins,
  progress,
  iterations,
  decidedVersion,
  accounts,
  variables,
  alerts,
  tasks,
  operations,
  backfillParams,
  outsideIdentities,
  keptReplyHolders,
  scheduleMakers,
  runLists,
  queueLists,
  filteredLists,
  boundedReads,
];
