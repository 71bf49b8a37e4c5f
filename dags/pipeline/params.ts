import { resolve } from 'node:path';
import type { TaskContext } from 'orch';
import { FatalError } from 'orch';
import { INTERVAL_NAMES, type IntervalName, isIntervalName } from './intervals.ts';

export const SOURCE_TYPES = ['recorded', 'csv'] as const;
export type SourceType = (typeof SOURCE_TYPES)[number];

/** Where prices come from and where they are kept, checked; directories are absolute. */
export type DataParams = {
  readonly sourceTypes: readonly SourceType[];
  /** 0 = everything; otherwise days back from the newest row of the source. */
  readonly daysBack: number;
  readonly csvDir: string;
  readonly dataDir: string;
};

/** The params of the pipeline, checked; directories are absolute. */
export type PipelineParams = DataParams & {
  /** Finest first, each once. */
  readonly intervals: readonly IntervalName[];
  readonly reportDir: string;
  readonly fast: number;
  readonly slow: number;
  readonly feeBps: number;
  readonly slippageBps: number;
  readonly capital: number;
};

/** A basis point more than this would make a sale bring less than nothing. */
const COST_BPS_MAX = 5_000;
/** Candles; longer averages are a mistake of units. */
const AVERAGE_MAX = 5_000;

/** Reads and checks the params about data alone. Throws `FatalError` as {@link readParams} does. */
export function readDataParams({ params, projectDir }: TaskContext): DataParams {
  return {
    sourceTypes: texts(params, 'sourceTypes', isSourceType, SOURCE_TYPES),
    daysBack: wholeNumber(params, 'daysBack', 0, 100_000),
    csvDir: resolve(projectDir, text(params, 'csvDir')),
    dataDir: resolve(projectDir, text(params, 'dataDir')),
  };
}

/**
 * Reads and checks the params of a run. Throws `FatalError` naming the param, its value and what is
 * allowed.
 */
export function readParams(ctx: TaskContext): PipelineParams {
  const { params, projectDir } = ctx;
  const fast = wholeNumber(params, 'fast', 1, AVERAGE_MAX);
  const slow = wholeNumber(params, 'slow', 2, AVERAGE_MAX);
  if (fast >= slow) {
    throw new FatalError(
      `params fast (${fast}) and slow (${slow}): the fast average must be shorter than the slow one, ` +
        'or there are no crosses.',
    );
  }
  const wanted = texts(params, 'intervals', isIntervalName, INTERVAL_NAMES);
  return {
    ...readDataParams(ctx),
    intervals: INTERVAL_NAMES.filter((name) => wanted.includes(name)),
    reportDir: resolve(projectDir, text(params, 'reportDir')),
    fast,
    slow,
    feeBps: number(params, 'feeBps', 0, COST_BPS_MAX),
    slippageBps: number(params, 'slippageBps', 0, COST_BPS_MAX),
    capital: number(params, 'capital', 1, 1e12),
  };
}

/** The symbol of this instance: the item of the fan-out. Throws `FatalError` if the item is not a text. */
export function readSymbol(ctx: TaskContext): string {
  if (typeof ctx.item === 'string' && ctx.item !== '') return ctx.item;
  throw new FatalError(
    `symbols: ${JSON.stringify(ctx.item)} is not a symbol; a symbol is a text such as "AAPL".`,
  );
}

type Params = TaskContext['params'];

const isSourceType = (name: string): name is SourceType => (SOURCE_TYPES as readonly string[]).includes(name);

function text(params: Params, name: string): string {
  const value = params[name];
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new FatalError(`param ${name} is ${JSON.stringify(value) ?? 'missing'}; it must be a folder.`);
}

function texts<T extends string>(
  params: Params,
  name: string,
  is: (x: string) => x is T,
  allowed: readonly T[],
): T[] {
  const value = params[name];
  const list: readonly unknown[] = Array.isArray(value) ? value : [];
  const wrong = list.find((entry) => typeof entry !== 'string' || !is(entry));
  if (list.length > 0 && wrong === undefined) return [...new Set(list as readonly T[])];
  const given = wrong === undefined ? 'empty' : JSON.stringify(wrong);
  throw new FatalError(`param ${name}: ${given} is not one of ${allowed.join(', ')}.`);
}

function number(params: Params, name: string, min: number, max: number): number {
  const value = params[name];
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new FatalError(
    `param ${name} is ${JSON.stringify(value) ?? 'missing'}; it must be from ${min} to ${max}.`,
  );
}

function wholeNumber(params: Params, name: string, min: number, max: number): number {
  const value = number(params, name, min, max);
  if (Number.isInteger(value)) return value;
  throw new FatalError(`param ${name} is ${value}; it must be a whole number.`);
}
