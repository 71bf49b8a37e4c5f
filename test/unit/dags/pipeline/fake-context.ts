import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Json, TaskContext } from 'orch';
import { parse } from 'yaml';

/** The root of this repository: where the packages with recorded prices are installed. */
export const PROJECT_DIR = resolve(import.meta.dirname, '../../../..');
/** Real bars and trades kept outside the repository. */
export const MARKET_DIR = resolve(PROJECT_DIR, '../shared/data/market');
export const hasMarketData = existsSync(join(MARKET_DIR, 'index.json'));
export const NO_MARKET_DATA = 'needs the recorded trades and bars of ../shared/data/market';

type ParamSchemas = { readonly [name: string]: { readonly default: Json } };

/** The params of dags/pipeline.yaml with their defaults. */
export function defaultParams(): Record<string, Json> {
  const yaml = parse(readFileSync(join(PROJECT_DIR, 'dags/pipeline.yaml'), 'utf8')) as {
    params: ParamSchemas;
  };
  return Object.fromEntries(Object.entries(yaml.params).map(([name, schema]) => [name, schema.default]));
}

/** What a stage told its context. */
export type Told = {
  readonly warnings: string[];
  readonly metrics: Map<string, number>;
  readonly artifacts: Map<string, unknown>;
};

/** A folder for the files of one test, removed at its end. */
export type Workspace = AsyncDisposable & { readonly dir: string };

export function workspace(): Workspace {
  const dir = mkdtempSync(join(tmpdir(), 'orch-pipeline-'));
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}

let attempts = 0;

/** A context as a runner gives it, with Parquet files and reports below `dir`. */
export function fakeContext(
  dir: string,
  symbol: string,
  params: Record<string, Json> = {},
): TaskContext & { readonly told: Told } {
  const told: Told = { warnings: [], metrics: new Map(), artifacts: new Map() };
  attempts += 1;
  const folders = { dataDir: join(dir, 'data'), reportDir: join(dir, 'reports'), csvDir: join(dir, 'csv') };
  const abort = new AbortController();
  return {
    told,
    params: { ...defaultParams(), ...folders, ...params },
    run: {
      id: 'run-1' as TaskContext['run']['id'],
      dagId: 'pipeline',
      logicalDate: null,
      interval: null,
      trigger: 'manual',
      assets: {},
      file: null,
    },
    taskId: 'symbol.stage',
    key: symbol,
    item: symbol,
    with: {},
    attempt: 1,
    calls: 0,
    state: null,
    lastCheckpoint: null,
    attemptId: `1.1.${attempts}`,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
    signal: abort.signal,
    projectDir: PROJECT_DIR,
    tempDir: dir,
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message) => void told.warnings.push(message),
      error: () => undefined,
    },
    progress: () => undefined,
    metric: (name, value) => void told.metrics.set(name, value),
    artifact: async (name, content) => void told.artifacts.set(name, content),
    checkpoint: () => undefined,
    skip: (reason) => {
      throw new Error(`skipped: ${reason}`);
    },
    defer: () => {
      throw new Error('deferred');
    },
    fail: (reason) => {
      throw new Error(`failed: ${reason}`);
    },
    variable: () => '',
    connection: () => ({ type: 'generic' }),
    shouldStop: () => abort.signal.aborted,
  };
}
