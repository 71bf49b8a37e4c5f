import type { DagSpec } from '../model/dag.ts';
import type { Diagnostic } from '../model/errors.ts';

/** What one DAG file gave. A file with an error in one DAG gives none of its DAGs. */
export interface ParsedFile extends FileFacts {
  /** Relative to the project, with `/`. */
  readonly file: string;
  readonly dags: readonly ParsedDag[];
  readonly diagnostics: readonly Diagnostic[];
  /**
   * Of a file without DAGs: the files of the project that made it so, each with its sha256. As long as they
   * are the same, loading it again gives the same. Absent if something else may mend it, such as a missing
   * package.
   */
  readonly inputs?: { readonly [path: string]: string };
}

/** Of a DAG in a file, what tells whether it is the same as before; a {@link ParsedDag} has more. */
export interface DagFacts {
  readonly spec: Pick<DagSpec, 'id'>;
  /** sha256 of the canonical graph. */
  readonly graphHash: string;
  readonly code: Pick<CodeManifest, 'digest'>;
}

/** What one DAG file declares; a {@link ParsedFile} has more. */
export interface FileFacts {
  readonly file: string;
  readonly dags: readonly DagFacts[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface ParsedDag extends DagFacts {
  readonly spec: DagSpec;
  readonly code: CodeManifest;
}

/**
 * The project-local code of a DAG: its file if that is code, every file that a `uses: ./x.ts#y` names or an
 * own operator lives in, and whatever these import, directly or not. npm packages are named by the lockfile
 * only.
 */
export interface CodeManifest {
  /** sha256 over the paths and hashes of `files` and the lockfile: equal for equal code. */
  readonly digest: string;
  /** The declaring file; references are relative to its folder. */
  readonly entry: string;
  /** sha256 of the declaring file, which is not part of `files` when it is YAML. */
  readonly entryHash: string;
  /** Path relative to the project → sha256 of the content. */
  readonly files: { readonly [path: string]: string };
  /** What each of `files` imports: from it follows which of them a single function is made of. */
  readonly imports: { readonly [path: string]: FileImports };
  /** The lockfile and its sha256, if the code imports npm packages and there is one. */
  readonly lockfile?: { readonly path: string; readonly sha256: string };
}

/** What a file of the project imports. */
export interface FileImports {
  /** Files of the project. */
  readonly files: readonly string[];
  /** It imports npm packages. */
  readonly packages?: true;
  /** It imports something whose name is known only when it runs. */
  readonly unknown?: true;
}

/** Bounds of the evaluation of one file. */
export interface ParseLimits {
  /** Time on a processor; a file has more the larger it is. */
  readonly cpuMs: number;
  readonly cpuMsPerMb: number;
  /** Time in which it sleeps: for a server, a timer, a lock. */
  readonly waitMs: number;
  /** Memory in MB beyond what an evaluation of nothing takes. */
  readonly memoryMb: number;
  /** Size of the file, YAML or TypeScript. */
  readonly fileBytesMax: number;
  /** Size of the answer. */
  readonly answerBytesMax: number;
}

export const PARSE_LIMITS: ParseLimits = {
  cpuMs: 20_000,
  cpuMsPerMb: 5_000,
  waitMs: 30_000,
  memoryMb: 1_024,
  fileBytesMax: 16 * 1024 * 1024,
  answerBytesMax: 128 * 1024 * 1024,
};

/** What the child is asked. */
export interface ParseRequest {
  /** Absolute, without symbolic links. */
  readonly projectDir: string;
  /** Relative to the project. */
  readonly file: string;
  /** Folder that references are relative to instead of the folder of the file; relative to the project. */
  readonly codeDir?: string;
  readonly limits: ParseLimits;
}
