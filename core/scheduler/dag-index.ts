import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { FileHashes, type HashedFile } from '../parsing/file-hashes.ts';
import type { CodeManifest, DagFacts, FileFacts, ParsedFile } from '../parsing/parsed-file.ts';

/** sha256 by path of everything that a digest stands for. */
type CodeFiles = { readonly [path: string]: string };

/** The code of DAGs: one object for all that have it. */
interface Code {
  readonly digest: string;
  readonly files: CodeFiles;
}

/** A DAG file by its sha256; of each of its DAGs the id, the hash of the graph, the digest of the code. */
type Indexed = readonly [sha256: string, dags: readonly (readonly [string, string, string])[]];

/** The index as it is kept. */
interface KeptIndex {
  readonly stamp: string;
  readonly hashes: { readonly [path: string]: HashedFile };
  readonly codes: { readonly [digest: string]: CodeFiles };
  readonly files: { readonly [file: string]: Indexed };
}

export interface DagIndexOptions {
  readonly projectDir: string;
  readonly stateDir: string;
  /** Names the parser: what another one has found does not hold. */
  readonly stamp: string;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * What the DAG files of a project declare, without the graphs, in one file: whoever looks at all of them
 * reads and hashes only those that look otherwise than before. Losing it costs time only.
 */
export class DagIndex {
  readonly #path: string;
  readonly #stamp: string;
  readonly #hashes: FileHashes;
  readonly #codes: Map<string, Code>;
  readonly #files: Map<string, Indexed>;
  #savedChanges = 0;

  constructor({ projectDir, stateDir, stamp, clock }: DagIndexOptions) {
    this.#path = join(stateDir, 'parsed', 'index.json');
    this.#stamp = stamp;
    const kept = readIndex(this.#path, stamp);
    this.#hashes = new FileHashes(projectDir, clock, Object.entries(kept?.hashes ?? {}));
    const codes = Object.entries(kept?.codes ?? {});
    this.#codes = new Map(codes.map(([digest, files]) => [digest, { digest, files }]));
    this.#files = new Map(Object.entries(kept?.files ?? {}));
  }

  /** One look at many files: what several DAGs share is looked at once. */
  look(): IndexLook {
    const still = new Map<string, Code | null>();
    const stillOf = (digest: string): Code | null => {
      let code = still.get(digest);
      if (code === undefined) {
        code = this.#stillCode(digest);
        still.set(digest, code);
      }
      return code;
    };
    return {
      facts: (file) => {
        const indexed = this.#files.get(file);
        if (indexed === undefined || this.#hashes.of(file) !== indexed[0]) return null;
        const dags: DagFacts[] = [];
        for (const [id, graphHash, digest] of indexed[1]) {
          const code = stillOf(digest);
          if (code === null) return null;
          dags.push({ spec: { id }, graphHash, code });
        }
        return { file, dags, diagnostics: [] };
      },
    };
  }

  /** The code of a digest, if all of its files are as they were. */
  #stillCode(digest: string): Code | null {
    const code = this.#codes.get(digest);
    if (code === undefined) return null;
    const isStill = Object.entries(code.files).every(([path, sha256]) => this.#hashes.of(path) === sha256);
    return isStill ? code : null;
  }

  /** Takes in what a file gave. One without DAGs is not indexed: why it has none is kept elsewhere. */
  note({ file, dags }: ParsedFile): void {
    const [first] = dags;
    if (first === undefined) {
      this.#files.delete(file);
      return;
    }
    const codes = new Map(dags.map(({ code }) => [code.digest, filesOf(code)]));
    for (const [digest, files] of codes) this.#codes.set(digest, { digest, files });
    this.#files.set(file, [
      first.code.entryHash,
      dags.map(({ spec, graphHash, code }) => [spec.id, graphHash, code.digest]),
    ]);
    this.#hashes.changes++;
    for (const path of new Set([file, ...[...codes.values()].flatMap(Object.keys)])) this.#hashes.of(path);
  }

  /** Keeps what has come since it was kept last, of these files; the others are gone. */
  save(files: Iterable<string>): void {
    if (this.#savedChanges === this.#hashes.changes) return;
    this.#savedChanges = this.#hashes.changes;
    const kept = [...files].flatMap((file) => {
      const indexed = this.#files.get(file);
      return indexed === undefined ? [] : [[file, indexed] as const];
    });
    const digests = new Set(kept.flatMap(([, [, dags]]) => dags.map(([, , digest]) => digest)));
    const codes = [...digests].map((digest) => [digest, this.#codes.get(digest)?.files ?? {}] as const);
    const paths = new Set([...kept.map(([file]) => file), ...codes.flatMap(([, code]) => Object.keys(code))]);
    const index: KeptIndex = {
      stamp: this.#stamp,
      hashes: Object.fromEntries(this.#hashes.entries(paths)),
      codes: Object.fromEntries(codes),
      files: Object.fromEntries(kept),
    };
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    const temporary = `${this.#path}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify(index), { mode: 0o600 });
    renameSync(temporary, this.#path);
  }
}

export interface IndexLook {
  /** What a file declares, if it and its code are as they were; `null` if that is not known. */
  facts(file: string): FileFacts | null;
}

function filesOf({ files, lockfile }: CodeManifest): CodeFiles {
  return lockfile === undefined ? files : { ...files, [lockfile.path]: lockfile.sha256 };
}

function readIndex(path: string, stamp: string): KeptIndex | null {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as KeptIndex;
    return kept.stamp === stamp ? kept : null;
  } catch {
    return null;
  }
}
