import type { Json } from 'orch';
import { backtest } from '../../../../dags/pipeline/backtest.ts';
import { clean } from '../../../../dags/pipeline/clean.ts';
import { collect } from '../../../../dags/pipeline/collect.ts';
import { kline } from '../../../../dags/pipeline/kline.ts';
import { store } from '../../../../dags/pipeline/store.ts';
import { visualize } from '../../../../dags/pipeline/visualize.ts';
import { fakeContext } from './fake-context.ts';

export type Params = Record<string, Json>;

/** collect to store, every output through JSON as between processes. */
export async function runToStore(dir: string, symbol: string, params: Params = {}) {
  const ctx = fakeContext(dir, symbol, params);
  const raw = wire(await collect({}, ctx));
  const cleaned = wire(await clean({ raw }, ctx));
  const stored = wire(await store({ cleaned }, ctx));
  return { ctx, raw, cleaned, stored };
}

/** collect to kline. */
export async function runToKline(dir: string, symbol: string, params: Params = {}) {
  const before = await runToStore(dir, symbol, params);
  const candles = wire(await kline({ stored: before.stored }, before.ctx));
  return { ...before, candles };
}

/** All stages of a symbol. */
export async function runAll(dir: string, symbol: string, params: Params = {}) {
  const before = await runToKline(dir, symbol, params);
  const { ctx, raw, cleaned, candles } = before;
  const results = wire(await backtest({ source: raw, candles }, ctx));
  const visualized = wire(await visualize({ source: raw, cleaned, candles, results }, ctx));
  return { ...before, results, visualized };
}

function wire<T>(output: T): T {
  return JSON.parse(JSON.stringify(output)) as T;
}
