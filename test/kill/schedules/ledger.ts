import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A cursor that a commit moved. Instants are epoch milliseconds. */
export interface CursorMove {
  readonly dagId: string;
  readonly from: number | null;
  readonly to: number | null;
}

/** What a scheduler wrote down right after it took the lead, or after a commit of a tick had succeeded. */
export interface LedgerLine {
  readonly word: 'LEAD' | 'COMMIT';
  readonly pid: number;
  readonly epoch: number;
  /** Wall time after the call, in epoch milliseconds. */
  readonly at: number;
  readonly moves: readonly CursorMove[];
}

/** Where the schedulers of a project keep it. */
export function ledgerFile(dir: string): string {
  return join(dir, 'ledger.jsonl');
}

/**
 * Reads the ledger of a project. A process that dies between its commit and its line leaves none: what is in
 * the ledger happened, what is not may have happened.
 */
export function readLedger(dir: string): LedgerLine[] {
  const file = ledgerFile(dir);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LedgerLine);
}
