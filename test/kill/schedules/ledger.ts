import { existsSync, readFileSync, statSync } from 'node:fs';
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
 * The ledger of a project, read as it grows. A process that dies between its commit and its line leaves none:
 * what is in the ledger happened, what is not may have happened.
 */
export class Ledger {
  readonly #file: string;
  readonly #lines: LedgerLine[] = [];
  #bytes = 0;

  constructor(dir: string) {
    this.#file = ledgerFile(dir);
  }

  /** All lines that are there now. */
  get lines(): readonly LedgerLine[] {
    if (!existsSync(this.#file) || statSync(this.#file).size === this.#bytes) return this.#lines;
    const grown = readFileSync(this.#file).subarray(this.#bytes);
    const end = grown.lastIndexOf(0x0a) + 1;
    this.#bytes += end;
    for (const line of grown.toString('utf8', 0, end).split('\n'))
      if (line !== '') this.#lines.push(JSON.parse(line) as LedgerLine);
    return this.#lines;
  }

  /** Who took the lead last. */
  get leader(): LedgerLine | null {
    return this.lines.findLast(({ word }) => word === 'LEAD') ?? null;
  }

  /** When another process than this one first led, or wrote a tick, after an instant; `null`: none has. */
  firstAfter(word: LedgerLine['word'], at: number, pid: number): number | null {
    const line = this.lines.find((one) => one.word === word && one.at > at && one.pid !== pid);
    return line?.at ?? null;
  }
}
