import type { ArtifactRef } from '../model/attempt.ts';

/** What an attempt has left for people, by name. */
export interface AttemptArtifacts {
  readonly tryNo: number;
  readonly refs: Map<string, ArtifactRef>;
}
