import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../model/clock.ts';
import { FileHashes, type HashedFile } from '../parsing/file-hashes.ts';
import type { CodeManifest, DagFacts, FileFacts, ParsedFile } from '../parsing/parsed-file.ts';
import { type AgendaSpec, AgendaSpecs } from '../planner/agenda-spec.ts';

/** sha256 by path of everything that a digest stands for. */
type CodeFiles = { readonly [path: string]: string };

/** The code of DAGs: one object for all that have it. */
interface Code {
  readonly digest: string;
  readonly files: CodeFiles;
}

/** A DAG of the index: what its code is made of, and when it is due, is one object for all that share it. */
export interface IndexedDag extends DagFacts {
  readonly code: Code;
  readonly agenda: AgendaSpec;
}

/** A DAG file of the index. */
export interface IndexedFile extends FileFacts {
  readonly dags: readonly IndexedDag[];
}

/** A file as it was when it had a sha256. */
interface Known {
  readonly sha256: string;
  readonly file: IndexedFile;
  /** The code of its DAGs. */
  readonly codes: ReadonlySet<Code>;
}

/** The index as it is kept. */
interface KeptIndex {
  readonly stamp: string;
  readonly hashes: { readonly [path: string]: HashedFile };
  readonly codes: readonly Code[];
  readonly agendas: readonly AgendaSpec[];
  readonly files: { readonly [file: string]: KeptFile };
}

/** The sha256 of a file; of each DAG in it the id, the hash of the graph, the numbers of code and agenda. */
type KeptFile = readonly [sha256: string, dags: readonly (readonly [string, string, number, number])[]];

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
  readonly #codes = new Map<string, Code>();
  readonly #agendas = new AgendaSpecs();
  readonly #files = new Map<string, Known>();
  #savedChanges = 0;

  constructor({ projectDir, stateDir, stamp, clock }: DagIndexOptions) {
    this.#path = join(stateDir, 'parsed', 'index.json');
    this.#stamp = stamp;
    const kept = readIndex(this.#path, stamp);
    this.#hashes = new FileHashes(projectDir, clock, Object.entries(kept?.hashes ?? {}));
    if (kept !== null) this.#takeIn(kept);
  }

  #takeIn({ codes, agendas, files }: KeptIndex): void {
    for (const code of codes) this.#codes.set(code.digest, code);
    const known = agendas.map((one) => this.#agendas.of(one));
    for (const [file, [sha256, kept]] of Object.entries(files)) {
      const dags = kept.map(([id, graphHash, codeNo, agendaNo]): IndexedDag => {
        const [code, agenda] = [codes[codeNo] as Code, known[agendaNo] as AgendaSpec];
        return { spec: { id }, graphHash, code, agenda };
      });
      this.#files.set(file, knownOf(sha256, { file, dags, diagnostics: [] }));
    }
  }

  /** One look at many files: what several DAGs share is looked at once. */
  look(): IndexLook {
    const still = new Map<Code, boolean>();
    const isStill = (code: Code): boolean => {
      const isSame = still.get(code) ?? this.#isStill(code);
      still.set(code, isSame);
      return isSame;
    };
    return {
      facts: (file) => {
        const known = this.#files.get(file);
        if (known === undefined || this.#hashes.of(file) !== known.sha256) return null;
        return [...known.codes].every(isStill) ? known.file : null;
      },
    };
  }

  /** Whether all files of a code are as they were. */
  #isStill({ files }: Code): boolean {
    return Object.entries(files).every(([path, sha256]) => this.#hashes.of(path) === sha256);
  }

  /**
   * Takes in what a file gave, and gives it as it is indexed. One without DAGs is not indexed: why it has
   * none is kept elsewhere.
   */
  note({ file, dags: parsed, diagnostics }: ParsedFile): IndexedFile {
    const [first] = parsed;
    if (first === undefined) {
      this.#files.delete(file);
      return { file, dags: [], diagnostics };
    }
    const dags = parsed.map(
      ({ spec, graphHash, code }): IndexedDag => ({
        spec: { id: spec.id },
        graphHash,
        code: this.#codeOf(code),
        agenda: this.#agendas.of(spec),
      }),
    );
    const known = knownOf(first.code.entryHash, { file, dags, diagnostics: [] });
    this.#files.set(file, known);
    this.#hashes.changes++;
    const paths = [...known.codes].flatMap(({ files }) => Object.keys(files));
    for (const path of new Set([file, ...paths])) this.#hashes.of(path);
    return { file, dags, diagnostics };
  }

  #codeOf(manifest: CodeManifest): Code {
    const { digest } = manifest;
    const code = this.#codes.get(digest) ?? { digest, files: filesOf(manifest) };
    this.#codes.set(digest, code);
    return code;
  }

  /** Keeps what has come since it was kept last, of these files; the others are gone. */
  save(files: Iterable<string>): void {
    if (this.#savedChanges === this.#hashes.changes) return;
    this.#savedChanges = this.#hashes.changes;
    const [codes, agendas] = [new Numbers<Code>(), new Numbers<AgendaSpec>()];
    const kept: [string, KeptFile][] = [];
    for (const name of files) {
      const known = this.#files.get(name);
      if (known === undefined) continue;
      const dags = known.file.dags.map(
        ({ spec, graphHash, code, agenda }) =>
          [spec.id, graphHash, codes.of(code), agendas.of(agenda)] as const,
      );
      kept.push([name, [known.sha256, dags]]);
    }
    const paths = new Set(kept.map(([file]) => file));
    for (const code of codes.all()) for (const path of Object.keys(code.files)) paths.add(path);
    const index: KeptIndex = {
      stamp: this.#stamp,
      hashes: Object.fromEntries(this.#hashes.entries(paths)),
      codes: codes.all(),
      agendas: agendas.all(),
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
  facts(file: string): IndexedFile | null;
}

/** Numbers for things, from 0 on, in the order in which they come. */
class Numbers<Thing> {
  readonly #numbers = new Map<Thing, number>();

  of(thing: Thing): number {
    const no = this.#numbers.get(thing) ?? this.#numbers.size;
    this.#numbers.set(thing, no);
    return no;
  }

  all(): Thing[] {
    return [...this.#numbers.keys()];
  }
}

function knownOf(sha256: string, file: IndexedFile): Known {
  return { sha256, file, codes: new Set(file.dags.map(({ code }) => code)) };
}

function filesOf({ files, lockfile }: CodeManifest): CodeFiles {
  return lockfile === undefined ? files : { ...files, [lockfile.path]: lockfile.sha256 };
}

function readIndex(path: string, stamp: string): KeptIndex | null {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as KeptIndex;
    // One that was written before agendas were is of no use.
    return kept.stamp === stamp && Array.isArray(kept.agendas) ? kept : null;
  } catch {
    return null;
  }
}
