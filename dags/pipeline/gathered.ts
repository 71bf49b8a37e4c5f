import type { DataKind, RawRow } from './market.ts';
import type { Provenance } from './outputs.ts';

/** What a source gives for a symbol. */
export type Gathered = {
  readonly kind: DataKind;
  readonly rows: readonly RawRow[];
  readonly notes: readonly string[];
  readonly provenance: readonly Provenance[];
};
