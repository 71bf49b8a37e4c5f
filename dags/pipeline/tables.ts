import type { Cell } from './duckdb.ts';
import type { Bar, DataKind, Trade } from './market.ts';

/**
 * The tables of clean rows. `seq` counts the rows of one millisecond, in their order: with the timestamp it
 * is the order of all rows, and rows that come or go at other times do not change it.
 */
export const CLEAN_COLUMNS = {
  bars: 'timestamp_ms BIGINT, seq BIGINT, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, volume DOUBLE',
  trades: 'timestamp_ms BIGINT, seq BIGINT, price DOUBLE, size DOUBLE, side VARCHAR, trade_id VARCHAR',
} as const satisfies Record<DataKind, string>;

/** Bars as cells of their table; no two have the same time. */
export function barCells(bars: readonly Bar[]): Cell[][] {
  return bars.map((bar) => [BigInt(bar.at), 0n, bar.open, bar.high, bar.low, bar.close, bar.volume]);
}

/** Trades, in order, as cells of their table. */
export function tradeCells(trades: readonly Trade[]): Cell[][] {
  let seq = 0n;
  return trades.map((trade, i) => {
    seq = trades[i - 1]?.at === trade.at ? seq + 1n : 0n;
    return [BigInt(trade.at), seq, trade.price, trade.size, trade.side, trade.tradeId];
  });
}
