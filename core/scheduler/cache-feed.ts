import { existsSync } from 'node:fs';
import { taskAt } from '../graph/graph.ts';
import { type Because, because } from '../model/because.ts';
import type { CacheAsk, CacheEntry, CacheParts } from '../model/cache.ts';
import type { Clock } from '../model/clock.ts';
import { AppError } from '../model/errors.ts';
import type { Json } from '../model/json.ts';
import type { CacheAnswer, CacheLookup } from '../planner/cache-lookups.ts';
import { isRead } from '../planner/load.ts';
import type { World } from '../planner/world.ts';
import type { ValueFinder } from '../secrets/find-values.ts';
import type { Store } from '../store/store.ts';
import { cacheKey, changedParts, digestOf } from './cache-key.ts';
import { CachePartsReader } from './cache-parts.ts';
import type { Answer, Feed, Reading } from './feeds.ts';
import type { InputReader } from './inputs.ts';
import type { Leader } from './leader.ts';
import { artifactFile, outputFile } from './paths.ts';
import { asError } from './quarantine.ts';
import { spilledText } from './spilled.ts';

/** Questions that are answered in one go. */
const ASKED_MAX = 500;

export interface CacheFeedOptions {
  readonly store: Store;
  readonly leader: Leader;
  readonly clock: Clock;
  readonly stateDir: string;
  readonly inputs: InputReader;
  readonly values: ValueFinder;
}

interface Asked {
  readonly lookup: CacheLookup;
  readonly parts: CacheParts;
  /** `null`: what it depends on cannot be told. */
  readonly key: string | null;
  readonly problem: string;
}

/** Reads for the planner which instances that are ready have an earlier success, some hundred in one go. */
export class CacheFeed implements Feed {
  readonly about = 'the cache';
  readonly #options: CacheFeedOptions;
  readonly #parts: CachePartsReader;
  #isReading = false;

  constructor(options: CacheFeedOptions) {
    this.#options = options;
    this.#parts = new CachePartsReader(options.stateDir);
  }

  *wanted(): Iterable<Reading> {
    const { lookups } = this.#options.leader.world;
    if (this.#isReading || lookups.unread.size === 0) return;
    this.#isReading = true;
    const release = (): void => {
      this.#isReading = false;
    };
    yield { read: () => this.#read(lookups).finally(release), release };
  }

  async #read(lookups: World['lookups']): Promise<Answer> {
    const taken = [...lookups.unread].slice(0, ASKED_MAX);
    const answers = await this.#answer(taken);
    for (const lookup of taken) lookups.unread.delete(lookup);
    return { event: { type: 'cache', answers } };
  }

  async #answer(lookups: readonly CacheLookup[]): Promise<readonly CacheAnswer[]> {
    const { store } = this.#options;
    const asked: Asked[] = [];
    for (const lookup of lookups) asked.push(await this.#ask(lookup));
    const keys = asked.flatMap(({ key }) => (key === null ? [] : [key]));
    const entries = keys.length === 0 ? new Map<string, CacheEntry>() : await store.cacheEntries(keys);
    return Promise.all(asked.map((one) => this.#conclude(one, entries.get(one.key ?? '') ?? null)));
  }

  async #ask(lookup: CacheLookup): Promise<Asked> {
    const { store, inputs, values } = this.#options;
    const { run, node } = lookup;
    const version = await store.version(run.record.versionNo);
    try {
      if (version === null) throw new Error('its version is gone');
      const given = await inputs.read(run, node, run.templateOf(node));
      const revisions = await values.revisions(taskAt(run.graph, run.templateOf(node)));
      const parts = { ...this.#parts.read(run, version, node, given), ...digestsOf(revisions) };
      return { lookup, parts, key: cacheKey(parts), problem: '' };
    } catch (error) {
      if (error instanceof AppError && error.code === 'unavailable') throw error;
      return { lookup, parts: {}, key: null, problem: asError(error).message };
    }
  }

  async #conclude({ lookup, parts, key, problem }: Asked, found: CacheEntry | null): Promise<CacheAnswer> {
    const { id, run, node } = lookup;
    const { versionNo } = run.record;
    const missed = (why: Because): CacheAnswer => {
      const ask: CacheAsk = { versionNo, key, parts, because: why };
      return { id, ask, hit: null };
    };
    if (key === null) return missed(because('cache_refused', { error: problem }));
    if (found === null) return missed(await this.#whyChanged(lookup, parts));
    const { runUid, output } = found;
    if (this.#isOver(lookup, found)) return missed(because('cache_expired', { run: runUid }));
    const file = this.#missingFile(found);
    if (file !== null) return missed(because('cache_gone', { run: runUid, file }));
    const ask: CacheAsk = { versionNo, key, parts, because: because('cache_hit', { run: runUid }) };
    if (output === null || !isRead(run, node)) return { id, ask, hit: found };
    const text = 'json' in output ? output.json : spilledText(this.#options.stateDir, output);
    return { id, ask, hit: found, value: JSON.parse(text) as Json };
  }

  /** Whether a success is too old by what the task says now. */
  #isOver({ run, node }: CacheLookup, { at }: CacheEntry): boolean {
    const { cache } = taskAt(run.graph, run.templateOf(node));
    return typeof cache === 'object' && at + cache.ttlMs <= this.#options.clock.now();
  }

  #missingFile({ output, artifacts }: CacheEntry): string | null {
    const { stateDir } = this.#options;
    if (output !== null && !('json' in output) && !existsSync(outputFile(stateDir, output.sha256)))
      return 'its output';
    const gone = artifacts.find(({ sha256 }) => !existsSync(artifactFile(stateDir, sha256)));
    return gone === undefined ? null : `artifact ${gone.name}`;
  }

  async #whyChanged({ run, node }: CacheLookup, parts: CacheParts): Promise<Because> {
    const newest = await this.#options.store.newestCacheEntry(run.record.dagId, run.nameOf(node));
    if (newest === null) return because('cache_first');
    return because('cache_changed', { run: newest.runUid, changed: changedParts(newest.parts, parts) });
  }
}

/** Parts for the variables and connections of a task, from which no value can be told. */
function digestsOf(revisions: ReadonlyMap<string, string>): CacheParts {
  return Object.fromEntries([...revisions].map(([name, revision]) => [name, digestOf(revision)]));
}
