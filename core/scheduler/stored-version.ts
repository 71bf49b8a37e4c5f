import type { DagSpec } from '../model/dag.ts';
import type { VersionNo } from '../model/ids.ts';
import type { DeclaredRecord } from '../store/dag-reads.ts';
import { specOf } from '../store/records.ts';
import type { VersionRecord } from '../store/store.ts';
import type { Declared } from './declared.ts';

/** The version in force of a DAG, whose graph is read when it is first asked for: most are not for long. */
export class StoredVersion implements VersionRecord {
  readonly versionNo: VersionNo;
  readonly dagId: string;
  readonly graphHash: string;
  readonly codeHash: string;
  readonly file: string;
  readonly createdAt: number;
  #graph: string | DagSpec;

  /** Of equal texts it holds those of the declaration, which stay in memory anyway. */
  constructor(record: DeclaredRecord, { file, dag }: Declared) {
    this.versionNo = record.versionNo;
    this.dagId = dag.spec.id;
    this.graphHash = record.graphHash === dag.graphHash ? dag.graphHash : record.graphHash;
    this.codeHash = record.codeHash === dag.code.digest ? dag.code.digest : record.codeHash;
    this.file = record.file === file ? file : record.file;
    this.createdAt = record.versionAt;
    this.#graph = record.spec;
  }

  get spec(): DagSpec {
    if (typeof this.#graph === 'string') this.#graph = specOf(this.dagId, this.#graph);
    return this.#graph;
  }
}
