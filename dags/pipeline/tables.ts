import type { Cell } from './duckdb.ts';
import type { Bar, DataKind, Trade } from './market.ts';

/**
 * The tables of clean rows. `seq` is the position of a row in its symbol and decides which of two rows of
 * the same millisecond is the earlier one.
 */
export const CLEAN_COLUMNS = {
  bars: 'timestamp_ms BIGINT, seq BIGINT, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE, volume DOUBLE',
  trades: 'timestamp_ms BIGINT, seq BIGINT, price DOUBLE, size DOUBLE, side VARCHAR, trade_id VARCHAR',
} as const satisfies Record<DataKind, string>;

export function barCells(bar: Bar, seq: number): Cell[] {
  return [BigInt(bar.at), BigInt(seq), bar.open, bar.high, bar.low, bar.close, bar.volume];
}

export function tradeCells(trade: Trade, seq: number): Cell[] {
  return [BigInt(trade.at), BigInt(seq), trade.price, trade.size, trade.side, trade.tradeId];
}
