import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { type ConfigInput, loadConfig } from '../config/load-config.ts';
import { type Clock, systemClock } from '../model/clock.ts';
import { loadLimits } from '../parsing/load-limits.ts';
import { ValueFinder } from '../secrets/find-values.ts';
import { KeyRing } from '../secrets/key-ring.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { DagLibrary } from './dag-library.ts';

/** A project folder, opened: its config, its store, its DAG files. */
export interface Project {
  /** Absolute, without symbolic links. */
  readonly dir: string;
  /** Where orch keeps the state of the project. */
  readonly stateDir: string;
  readonly config: Config;
  /** What the config is made of, to read it again. */
  readonly configInput: ConfigInput;
  readonly store: Store;
  readonly library: DagLibrary;
  /** The keys of variables and connections. */
  readonly keys: KeyRing;
  readonly clock: Clock;
  close(): Promise<void>;
}

export interface OpenProjectOptions {
  readonly env?: { readonly [name: string]: string | undefined };
  readonly flags?: { readonly [key: string]: string };
  readonly profile?: string;
  readonly clock?: Clock;
}

/**
 * Opens the project in a folder. Makes the state folder, brings a fresh store to the current schema.
 * @throws AppError `invalid` when the config or the store does not fit.
 */
export async function openProject(dir: string, options: OpenProjectOptions = {}): Promise<Project> {
  const projectDir = realpathSync(dir);
  const clock = options.clock ?? systemClock;
  const configInput: ConfigInput = {
    projectDir,
    env: options.env ?? process.env,
    ...(options.flags ? { flags: options.flags } : {}),
    ...(options.profile === undefined ? {} : { profile: options.profile }),
  };
  const config = loadConfig(configInput);
  const stateDir = config.store.path;
  mkdirSync(stateDir, { recursive: true, mode: 0o700 });
  const store = await openProjectStore(config, clock);
  await store.migrate();
  const keys = new KeyRing(config.store);
  return {
    dir: projectDir,
    stateDir: realpathSync(stateDir),
    config,
    configInput,
    store,
    library: new DagLibrary(projectDir, stateDir, loadLimits(config)),
    keys,
    clock,
    close: () => store.close(),
  };
}

/** Finds variables and connections for the tasks of a project. */
export function valuesOf({ store, config, keys }: Pick<Project, 'store' | 'config' | 'keys'>): ValueFinder {
  const { variables, connections } = store;
  return new ValueFinder({ variables, connections, config, keys });
}

function openProjectStore(config: Config, clock: Clock): Promise<Store> {
  const { store } = config;
  if (store.kind === 'postgres') return openStore({ kind: 'postgres', url: store.url, clock });
  return openStore({
    kind: 'sqlite',
    path: join(store.path, 'orch.db'),
    durability: store.durability,
    clock,
  });
}
