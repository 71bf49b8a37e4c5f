import { parseInstant } from './instants.ts';
import type { Bar, RawRow, Trade } from './market.ts';
import { FindingCounter } from './quality.ts';

/** How rows of a kind are read, judged and compared; the rest of cleaning is the same for all kinds. */
export type RowRules<Row extends { readonly at: number }> = {
  /** `null` if a field cannot be read. */
  readonly parse: (fields: readonly (string | null)[]) => Row | null;
  /** Why the row cannot be true, or `null`. */
  readonly impossible: (row: Row) => string | null;
  /** Rows of one time in the right order. */
  readonly compare: (a: Row, b: Row) => number;
  /** Rows with the same identity are one row; `null`: the row has no identity and is always kept. */
  readonly identity: (row: Row) => string | number | null;
  readonly equal: (a: Row, b: Row) => boolean;
};

export const BAR_RULES: RowRules<Bar> = {
  parse: ([time, open, high, low, close, volume]) => {
    const at = parseInstant(time ?? '');
    const prices = [open, high, low, close].map(readNumber);
    const amount = volume === null || volume === undefined || volume === '' ? null : readNumber(volume);
    if (at === null || prices.some(Number.isNaN) || Number.isNaN(amount)) return null;
    const [o, h, l, c] = prices as [number, number, number, number];
    return { at, open: o, high: h, low: l, close: c, volume: amount };
  },
  impossible: (bar) => {
    if (Math.min(bar.open, bar.high, bar.low, bar.close) <= 0) return 'a price is not positive';
    if (bar.high < Math.max(bar.open, bar.close, bar.low)) return 'high is below another price';
    if (bar.low > Math.min(bar.open, bar.close)) return 'low is above another price';
    return bar.volume !== null && bar.volume < 0 ? 'volume is negative' : null;
  },
  compare: () => 0,
  identity: (bar) => bar.at,
  equal: (a, b) => {
    const prices = a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close;
    return prices && a.volume === b.volume;
  },
};

export const TRADE_RULES: RowRules<Trade> = {
  parse: ([time, priceText, sizeText, side, tradeId]) => {
    const at = parseInstant(time ?? '');
    const [price, size] = [readNumber(priceText), readNumber(sizeText)];
    if (at === null || Number.isNaN(price) || Number.isNaN(size)) return null;
    return { at, price, size, side: side || null, tradeId: tradeId || null };
  },
  impossible: (trade) => {
    if (trade.price <= 0) return 'price is not positive';
    return trade.size <= 0 ? 'size is not positive' : null;
  },
  compare: (a, b) => Number(a.tradeId ?? Number.NaN) - Number(b.tradeId ?? Number.NaN) || 0,
  identity: (trade) => trade.tradeId,
  equal: (a, b) => a.at === b.at && a.price === b.price && a.size === b.size && a.side === b.side,
};

export type CleanRows<Row> = {
  readonly rows: readonly Row[];
  readonly unreadable: FindingCounter;
  readonly impossible: FindingCounter;
  readonly duplicates: FindingCounter;
  readonly conflicts: FindingCounter;
  readonly outOfOrder: number;
};

/**
 * Reads, judges, sorts and de-duplicates raw rows. Among rows of one identity the one that stands last
 * wins.
 */
export function cleanRows<Row extends { readonly at: number }>(
  raw: Iterable<RawRow>,
  rules: RowRules<Row>,
): CleanRows<Row> {
  const unreadable = new FindingCounter();
  const impossible = new FindingCounter();
  const read: { row: Row; from: RawRow }[] = [];
  let outOfOrder = 0;
  let newest = Number.NEGATIVE_INFINITY;
  for (const from of raw) {
    const row = rules.parse(from.fields);
    if (row === null) {
      unreadable.add(`${place(from)}: ${from.fields.join(', ')}`);
      continue;
    }
    const because = rules.impossible(row);
    if (because !== null) {
      impossible.add(`${place(from)}: ${because} (${from.fields.join(', ')})`);
      continue;
    }
    if (row.at < newest) outOfOrder += 1;
    newest = Math.max(newest, row.at);
    read.push({ row, from });
  }
  read.sort((a, b) => a.row.at - b.row.at || rules.compare(a.row, b.row));
  return { ...unique(read, rules), unreadable, impossible, outOfOrder };
}

function unique<Row extends { readonly at: number }>(
  read: readonly { row: Row; from: RawRow }[],
  rules: RowRules<Row>,
): Pick<CleanRows<Row>, 'rows' | 'duplicates' | 'conflicts'> {
  const duplicates = new FindingCounter();
  const conflicts = new FindingCounter();
  const rows: Row[] = [];
  const positions = new Map<string | number, number>();
  for (const { row, from } of read) {
    const identity = rules.identity(row);
    const position = identity === null ? undefined : positions.get(identity);
    if (position === undefined) {
      if (identity !== null) positions.set(identity, rows.length);
      rows.push(row);
    } else if (rules.equal(rows[position] as Row, row)) {
      duplicates.add(place(from));
    } else {
      conflicts.add(`${place(from)}: ${from.fields.join(', ')}`);
      rows[position] = row;
    }
  }
  rows.sort((a, b) => a.at - b.at || rules.compare(a, b));
  return { rows, duplicates, conflicts };
}

const place = (row: RawRow): string => `${row.file}:${row.line}`;

/** NaN for anything that is not a finite decimal number. */
function readNumber(text: string | null | undefined): number {
  return text && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) ? finite(Number(text)) : Number.NaN;
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN);
