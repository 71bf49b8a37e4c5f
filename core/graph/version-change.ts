import type { DagSpec } from '../model/dag.ts';
import { taskDifference } from './task-difference.ts';

/** What a version has that the one before it had not: `new` is the first one. */
export const VERSION_CHANGES = ['new', 'graph', 'code'] as const;

interface Version {
  readonly spec: DagSpec;
  readonly graphHash: string;
}

/** What a version changed, seen from the one before it; `undefined`: it is the first one. */
export function versionChange(version: Version, before: Version | undefined) {
  const { added, removed, changed } = taskDifference((before ?? version).spec, version.spec);
  const isSame = before?.graphHash === version.graphHash;
  const change: (typeof VERSION_CHANGES)[number] = before === undefined ? 'new' : isSame ? 'code' : 'graph';
  return { change, added: [...added], removed: [...removed], changed: [...changed] };
}
