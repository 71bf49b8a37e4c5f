import type { StoredOutput } from './action.ts';
import type { ArtifactRef } from './attempt.ts';
import type { Because } from './because.ts';
import type { VersionNo } from './ids.ts';

/** The digest of each thing that the result of a cached task depends on, by what people call it. */
export type CacheParts = { readonly [part: string]: string };

/** Under which key the success of an instance goes into the cache, and why none was taken from there. */
export interface CacheAsk {
  /** The version of the run when it was asked: the key holds for its code only. */
  readonly versionNo: VersionNo;
  /** `null`: what it depends on cannot be told, so its success is not kept. */
  readonly key: string | null;
  readonly parts: CacheParts;
  readonly because: Because;
}

/** A success that stands for later ones with the same key. */
export interface CacheEntry {
  readonly key: string;
  readonly dagId: string;
  /** What people call the instance, such as `symbol[BTC].clean`. */
  readonly instance: string;
  /** The run that it comes from, which may be deleted by now. */
  readonly runUid: string;
  /** When it succeeded. */
  readonly at: number;
  /** From when on it stands for nothing any more; `null`: as long as it is kept. */
  readonly expiresAt: number | null;
  readonly output: StoredOutput | null;
  readonly artifacts: readonly ArtifactRef[];
  readonly parts: CacheParts;
}
