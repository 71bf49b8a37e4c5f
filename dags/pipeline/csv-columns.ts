import { FatalError } from 'orch';
import { type DataKind, RAW_FIELDS } from './market.ts';

/**
 * Which column of a CSV file is which field: the kind of its rows, and a column index per field of that
 * kind.
 */
export type ColumnMap = {
  readonly kind: DataKind;
  /** Positions in the order of `RAW_FIELDS[kind]`; -1 where the file has no such column. */
  readonly columns: readonly number[];
  /** Whether the first row names the columns. */
  readonly header: boolean;
};

const ALIASES: { readonly [field: string]: readonly string[] } = {
  timestamp: ['timestamp_ms', 'timestamp', 'time', 'datetime', 'date', 'open_time'],
  open: ['open'],
  high: ['high'],
  low: ['low'],
  close: ['close'],
  volume: ['volume', 'vol'],
  price: ['price'],
  size: ['size', 'qty', 'quantity', 'amount'],
  side: ['side'],
  trade_id: ['trade_id', 'id'],
};
const OPTIONAL = new Set(['volume', 'side', 'trade_id']);

/** Finds out from the first row of a file what its columns are. Throws `FatalError` saying what it found. */
export function detectColumns(first: readonly string[], file: string): ColumnMap {
  const named = first.some((cell) => /^[A-Za-z_ ]+$/.test(cell.trim()) && !/^(buy|sell)$/i.test(cell.trim()));
  const map = named ? byName(first) : byPosition(first);
  if (map !== null) return map;
  throw new FatalError(
    `${file}: its columns (${first.slice(0, 12).join(', ')}) are neither bars ` +
      '(timestamp_ms, open, high, low, close, volume) nor trades (timestamp_ms, price, size, side, ' +
      'trade_id).',
  );
}

function byName(header: readonly string[]): ColumnMap | null {
  const names = header.map((name) => name.trim().toLowerCase().replaceAll(' ', '_'));
  for (const kind of ['bars', 'trades'] as const) {
    const fields = RAW_FIELDS[kind];
    const columns = fields.map((field) => firstPosition(names, ALIASES[field] ?? []));
    if (fields.every((field, i) => columns[i] !== -1 || OPTIONAL.has(field)))
      return { kind, columns, header: true };
  }
  return null;
}

function firstPosition(names: readonly string[], aliases: readonly string[]): number {
  const alias = aliases.find((name) => names.includes(name));
  return alias === undefined ? -1 : names.indexOf(alias);
}

function byPosition(row: readonly string[]): ColumnMap | null {
  if (row.length === 6) return { kind: 'bars', columns: [0, 1, 2, 3, 4, 5], header: false };
  if (row.length === 5) return { kind: 'trades', columns: [0, 1, 2, 3, 4], header: false };
  return null;
}
