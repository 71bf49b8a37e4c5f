import { existsSync, readFileSync } from 'node:fs';

/** One question of `cron_vectors.json`. */
export interface CronVector {
  readonly id: number;
  readonly dialect: string;
  readonly expression: string;
  readonly expression_seconds_first?: string;
  readonly timezone: string;
  readonly from: string;
  readonly direction: 'next' | 'prev';
  readonly expected: readonly string[];
  readonly class: string;
  readonly tags: readonly string[];
  readonly options?: unknown;
}

/** Reads a table of cron vectors, or gives `null` where the data is not at hand. */
export function cronData<T>(file: string): T | null {
  const path = new URL(`../../../../shared/data/cron/${file}.json`, import.meta.url);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T) : null;
}

/** Five fields, or six with seconds first, whatever the dialect of a row. */
export function secondsFirst(
  row: Pick<CronVector, 'dialect' | 'expression' | 'expression_seconds_first'>,
): string {
  if (row.expression_seconds_first !== undefined) return row.expression_seconds_first;
  const fields = row.expression.split(' ');
  if (!row.dialect.includes('seconds LAST') || fields.length !== 6) return row.expression;
  return [fields[5], ...fields.slice(0, 5)].join(' ');
}
