import type { TaskContext } from 'orch';
import { clean } from '../pipeline/clean.ts';
import { collectPrices } from '../pipeline/collect.ts';
import { store } from '../pipeline/store.ts';

/** Takes the CSV files of a symbol through the first stages of the pipeline. */
export async function importCsv(_inputs: unknown, ctx: TaskContext): Promise<object> {
  const symbol = String(ctx.params['symbol']);
  const stage = stageContext(ctx, symbol);
  ctx.progress(0, 3, 'reading');
  const raw = await collectPrices({}, stage);
  ctx.progress(1, 3, 'cleaning');
  const cleaned = await clean({ raw }, stage);
  ctx.progress(2, 3, 'storing');
  const { rows, partitions, written, data } = await store({ cleaned }, stage);
  const removed = cleaned.quality.rowsIn - cleaned.quality.rowsOut;
  return { symbol, kind: raw.kind, files: raw.provenance.length, rows, removed, partitions, written, data };
}

/** The context of a stage of the pipeline, where the symbol is the item of a fan-out. */
function stageContext(ctx: TaskContext, symbol: string): TaskContext {
  const params = { ...ctx.params, sourceTypes: ['csv'], daysBack: 0 };
  return new Proxy(ctx, {
    get: (whole, name) =>
      name === 'item' ? symbol : name === 'params' ? params : (Reflect.get(whole, name, whole) as unknown),
  });
}
