import type { RoundTrip } from './strategy.ts';

const HEADER = 'entry,entry_price,exit,exit_price,units,pnl,change,candles_held';

/** Round trips as CSV, instants in RFC 3339; an open one has no exit. */
export function csvText(trades: readonly RoundTrip[]): string {
  const lines = trades.map((trade) => {
    const exit = trade.exitAt === null ? '' : new Date(trade.exitAt).toISOString();
    const { entryPrice, exitPrice, units, pnl, change, held } = trade;
    return [
      new Date(trade.entryAt).toISOString(),
      entryPrice,
      exit,
      exitPrice,
      units,
      pnl,
      change,
      held,
    ].join(',');
  });
  return `${[HEADER, ...lines].join('\n')}\n`;
}
